#include "finance/ledger/transaction_filter.hpp"

#include "finance/categories/category_fields.hpp"
#include "finance/ledger/search_text.hpp"
#include "finance/payees/payee_word.hpp"
#include "finance/wire/query_fields.hpp"
#include "http/percent.hpp"
#include "http/query_reader.hpp"

#include <algorithm>
#include <string_view>

namespace mita::finance {

namespace {

constexpr std::size_t longest_text = 100;
constexpr std::size_t longest_category = 64;
constexpr std::size_t longest_payee = 200;
constexpr std::size_t longest_tag = 50;

// Unicode code points: bytes that are no continuation.
std::size_t length_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

struct filter_reader : http::query_reader {
    using query_reader::query_reader;

    std::optional<civil_day> day(std::string_view name) { return take_day(*this, name); }
    std::optional<uuid> id(std::string_view name) { return take_id(*this, name); }

    std::optional<std::string> text(std::string_view name, std::size_t max) {
        auto v = take(name);
        if (!v) return std::nullopt;
        const auto length = length_of(*v);
        if (length == 0) fail(name, "too_short", "Must not be empty.");
        if (length > max) fail(name, "too_long", "Must have at most " + std::to_string(max) + " characters.");
        return v;
    }
};

}  // namespace

std::string transaction_filter::query() const {
    std::string out;
    const auto add = [&out](std::string_view name, std::string_view value) {
        if (!out.empty()) out += '&';
        out += name;
        out += '=';
        out += http::percent_encode(value);
    };
    if (account) add("account_id", account->str());
    if (category) add("category", *category);
    if (from) add("booked_from", format_day(*from));
    if (to) add("booked_to", format_day(*to));
    if (min) add("amount_min", std::to_string(*min));
    if (max) add("amount_max", std::to_string(*max));
    if (text) add("q", *text);
    if (payee) add("payee", *payee);
    if (tag) add("tag", *tag);
    if (cleared) add("cleared", *cleared ? "true" : "false");
    return out;
}

list_request read_list_request(const http::request& req) {
    filter_reader in(req.query);
    list_request out;
    out.limit = in.limit().value_or(out.limit);
    out.cursor = in.take("cursor");
    auto& f = out.filter;
    f.account = in.id("account_id");
    f.category = in.text("category", longest_category);
    f.from = in.day("booked_from");
    f.to = in.day("booked_to");
    f.min = in.integer("amount_min", -max_amount, max_amount);
    f.max = in.integer("amount_max", -max_amount, max_amount);
    f.text = in.text("q", longest_text);
    if (f.text && !f.text->empty() && !pattern_of(*f.text)) in.fail("q", "too_short", "Nothing to search for.");
    f.payee = in.text("payee", longest_payee);
    if (f.payee && !f.payee->empty() && payee_word_of(*f.payee).empty())
        in.fail("payee", "too_short", "Nothing to compare.");
    f.tag = in.text("tag", longest_tag);
    f.cleared = take_flag(in, "cleared");
    in.finish();
    return out;
}

void resolve(transaction_filter& filter, const category_book& book) {
    if (filter.category) filter.category = resolve_or_refuse(book, *filter.category, "/category");
}

}  // namespace mita::finance
