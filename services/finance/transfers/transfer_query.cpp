#include "finance/transfers/transfer_query.hpp"

#include "finance/wire/query_fields.hpp"

#include <string_view>

namespace mita::finance {

transfer_request read_transfer_query(const http::request& req) {
    http::query_reader in(req.query);
    transfer_request out;
    out.limit = in.limit().value_or(out.limit);
    out.cursor = in.take("cursor");
    out.filter.account = take_id(in, "account_id");
    out.filter.from = take_day(in, "booked_from");
    out.filter.to = take_day(in, "booked_to");
    in.finish();
    return out;
}

std::string query_of(const transfer_filter& f) {
    std::string out;
    const auto add = [&out](std::string_view name, const std::string& value) {
        if (!out.empty()) out += '&';
        out += name;
        out += '=';
        out += value;  // ids and days need no encoding
    };
    if (f.account) add("account_id", f.account->str());
    if (f.from) add("booked_from", format_day(*f.from));
    if (f.to) add("booked_to", format_day(*f.to));
    return out;
}

}  // namespace mita::finance
