#include "finance/transfers/transfer_rows.hpp"

#include "db/columns.hpp"
#include "finance/ledger/transaction_rows.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

using maybe_text = std::optional<std::string>;

maybe_text text_in(const boost::json::value& v) {
    if (v.is_null()) return std::nullopt;
    return std::string(v.as_string());
}

std::vector<put_aside> before_from(const maybe_text& stored) {
    std::vector<put_aside> out;
    if (!stored) return out;
    const auto all = boost::json::parse(*stored);
    for (const auto& one : all.as_array()) {
        put_aside a;
        a.id = uuid::parse(one.at("id").as_string()).value();
        a.bill_id = text_in(one.at("bill_id")).value_or("");
        a.bill_unlinked = one.at("bill_unlinked").as_bool();
        for (const auto& line : one.at("lines").as_array())
            a.lines.push_back({std::string(line.at("category").as_string()), line.at("amount").to_number<amount>(),
                               text_in(line.at("note"))});
        out.push_back(std::move(a));
    }
    return out;
}

// In the order of transfer_columns.
template <class Columns>
transfer read(Columns& in) {
    transfer x;
    x.id = in.template next<uuid>();
    x.paired = in.template next<bool>();
    x.before = before_from(in.template next<maybe_text>());
    x.version = in.template next<std::int64_t>();
    x.created_at = in.template next<wall::time_point>();
    x.updated_at = in.template next<wall::time_point>();
    x.deleted_at = in.template next<std::optional<wall::time_point>>();
    return x;
}

void put_legs(transfer& x, transaction from, transaction to) {
    x.from = std::move(from);
    x.to = std::move(to);
}

}  // namespace

std::vector<transfer> transfers_from(const db::rows& rows, int first) {
    std::vector<transfer> out;
    for (const auto r : rows) {
        if (r.is_null(first)) continue;
        db::columns in(r, first);
        if (out.empty() || out.back().id != r.get<uuid>(first)) out.push_back(read(in));
    }
    auto legs = transactions_from(rows, first + transfer_width);
    if (legs.size() != 2 * out.size()) throw std::logic_error("a stored transfer has not two legs");
    for (std::size_t n = 0; n < out.size(); ++n) put_legs(out[n], std::move(legs[2 * n]), std::move(legs[2 * n + 1]));
    return out;
}

transfer transfer_from(std::string_view json) {
    const auto row = boost::json::parse(json);
    json_columns in(row.as_array());
    auto out = read(in);
    std::vector<transaction> legs;
    append_rows(legs, in.next<std::string>());
    if (legs.size() != 2) throw std::logic_error("a stored transfer has not two legs");
    put_legs(out, std::move(legs[0]), std::move(legs[1]));
    return out;
}

std::string text_of(const std::vector<put_aside>& before) {
    if (before.empty()) return {};
    json_out out;
    out.open('[');
    for (const auto& a : before) {
        out.open('{').field("id", a.id.str());
        if (a.bill_id.empty())
            out.null("bill_id");
        else
            out.field("bill_id", a.bill_id);
        out.field("bill_unlinked", a.bill_unlinked).key("lines").open('[');
        for (const auto& line : a.lines) {
            out.open('{').field("category", line.category).field("amount", line.value);
            if (line.note)
                out.field("note", *line.note);
            else
                out.null("note");
            out.close('}');
        }
        out.close(']').close('}');
    }
    out.close(']');
    return std::move(out.text);
}

}  // namespace mita::finance
