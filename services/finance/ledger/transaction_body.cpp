#include "finance/ledger/transaction_body.hpp"

#include "finance/categories/category_fields.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t longest_payee = 200;
constexpr std::size_t longest_note = 1000;
constexpr std::size_t longest_line_note = 500;
constexpr std::size_t longest_tag = 50;
constexpr std::size_t longest_bill_id = 100;
constexpr std::size_t most_tags = 20;
constexpr std::size_t most_lines = 100;

bool given(const json_object& in, std::string_view name) { return in.has(name) && !in.is_null(name); }

bool is_split(const transaction& t) { return t.lines.size() != 1 || t.lines.front().note.has_value(); }

std::optional<amount> total_of(const std::vector<transaction_line>& lines) {
    std::vector<amount> values;
    for (const auto& line : lines) values.push_back(line.value);
    return checked_sum(values);
}

struct reader {
    json_document& doc;
    json_object in;
    const entry_rules& rules;

    std::optional<amount> money(json_object& from) {
        const auto v = read_money(from, "money", rules.currency, -max_amount, max_amount);
        refuse_zero(from, v);
        return v;
    }

    // A transaction of several lines may sum to nothing (an exchange), a line may not.
    std::optional<amount> total() { return read_money(in, "money", rules.currency, -max_amount, max_amount); }

    std::optional<amount> merged(amount before, bool of_lines) {
        const auto v = merge_money(in, "money", rules.currency, before);
        if (!of_lines) refuse_zero(in, v);
        return v;
    }

    void refuse_zero(json_object& from, std::optional<amount> v) {
        if (v == amount{0}) from.fail("money", "out_of_range", "Must not be 0.");
    }

    bool on_a_sane_day(civil_day day) const { return day >= first_booking_day && day <= rules.today() + booked_ahead; }

    std::optional<civil_day> booked_on(bool required) {
        const auto day = read_day(in, "booked_on", required);
        if (day && !on_a_sane_day(*day))
            in.fail("booked_on", "out_of_range", "Must be from 1970-01-01 to a year from today.");
        return day;
    }

    std::optional<wall::time_point> occurred_at() {
        const auto text = in.optional_string("occurred_at", 1, 64);
        if (!text) return std::nullopt;
        const auto when = wall::parse(*text);
        if (!when)
            in.fail("occurred_at", "invalid_instant", "Must be an RFC 3339 instant with its offset.");
        else if (!on_a_sane_day(local_today(rules.where, *when)))
            in.fail("occurred_at", "out_of_range", "Must be from 1970-01-01 to a year from today.");
        else
            return when;
        return std::nullopt;
    }

    std::vector<transaction_line> splits(std::optional<amount> value) {
        std::vector<transaction_line> out;
        bool whole = value.has_value();
        auto items = in.objects("splits", most_lines);
        if (const auto* list = in.raw("splits"); list->is_array() && list->get_array().empty())
            in.fail("splits", "too_few", "Must have at least one line.");
        for (auto& item : items) {
            transaction_line line;
            const auto category = read_category(item, "category", rules.book);
            const auto part = money(item);
            line.note = item.optional_string("note", 0, longest_line_note);
            whole = whole && category && part;
            line.category = category.value_or("");
            line.value = part.value_or(0);
            out.push_back(std::move(line));
        }
        if (!whole || out.empty()) return out;
        const auto sum = total_of(out);
        if (!sum)
            in.fail("splits", "amount_overflow", "The sum of the lines leaves the range of exact amounts.");
        else if (*sum != *value)
            in.fail("splits", "splits_mismatch",
                    "The lines sum to " + std::to_string(*sum) + ", the money is " + std::to_string(*value) + ".");
        return out;
    }

    std::vector<std::string> tags() {
        auto out = in.strings("tags", most_tags, longest_tag);
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (out[i].empty() && tag_is_text(i))
                doc.fail(in.pointer("tags") + "/" + std::to_string(i), "too_short", "Must not be empty.");
        }
        return out;
    }

    void link(transaction& t) {
        const auto bill = in.optional_string("bill_id", 1, longest_bill_id);
        t.bill_unlinked = bill == "none";
        t.bill_id = t.bill_unlinked ? "" : bill.value_or("");
    }

    void conflict() { in.fail("splits", "ambiguous", "Give a category or splits, not both."); }

private:
    // Only an empty text is a finding of ours: what is no text has one already.
    bool tag_is_text(std::size_t i) { return in.raw("tags")->get_array()[i] == ""; }
};

}  // namespace

transaction read_new_transaction(json_document& doc, const entry_rules& rules) {
    reader r{doc, doc.object(), rules};
    auto& in = r.in;
    transaction t;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    t.id = id ? *id : new_uuid();
    t.account_id = read_reference(in, "account_id");
    const auto booked = r.booked_on(false);
    t.occurred_at = r.occurred_at();
    t.booked_on = booked ? *booked : t.occurred_at ? local_today(rules.where, *t.occurred_at) : rules.today();
    t.currency = rules.currency;
    const bool split = given(in, "splits");
    const auto value = split ? r.total() : r.money(in);
    t.value = value.value_or(0);
    if (split) {
        if (given(in, "category")) {
            r.conflict();
            in.ignore("category");
        }
        t.lines = r.splits(value);
    } else {
        in.ignore("splits");
        const auto category = read_category(in, "category", rules.book);
        t.lines.push_back({category.value_or(""), t.value, std::nullopt});
    }
    in.ignore("category");
    t.payee = in.optional_string("payee", 0, longest_payee);
    t.note = in.optional_string("note", 0, longest_note);
    t.tags = r.tags();
    r.link(t);
    t.created_at = t.updated_at = rules.now;
    finish_body(doc);
    return t;
}

transaction read_transaction_patch(json_document& doc, const transaction& before, const entry_rules& rules) {
    reader r{doc, doc.object(), rules};
    auto& in = r.in;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    auto t = before;
    if (in.has("account_id")) t.account_id = read_reference(in, "account_id");
    if (in.has("booked_on")) t.booked_on = r.booked_on(true).value_or(before.booked_on);
    if (in.has("occurred_at")) t.occurred_at = r.occurred_at();

    const bool split = given(in, "splits");
    const bool category = given(in, "category");
    std::optional<amount> value = before.value;
    if (in.has("money")) value = r.merged(before.value, split || (is_split(before) && !category));
    t.value = value.value_or(0);
    if (split && category) r.conflict();
    if (split) {
        t.lines = r.splits(value);
    } else if (category) {
        t.lines.assign(1, {read_category(in, "category", rules.book).value_or(""), t.value, std::nullopt});
    } else if (is_split(before)) {
        if (in.has("splits")) in.fail("category", "required", "Without splits a category is needed.");
        if (value && total_of(t.lines) != value)
            in.fail("money", "splits_mismatch", "The lines do not sum to it: give the splits as well.");
    } else {
        if (in.has("category")) in.fail("splits", "required", "Without a category splits are needed.");
        t.lines.front().value = t.value;
    }
    in.ignore("category");
    in.ignore("splits");

    if (in.has("payee")) t.payee = in.optional_string("payee", 0, longest_payee);
    if (in.has("note")) t.note = in.optional_string("note", 0, longest_note);
    if (in.has("tags")) t.tags = r.tags();
    if (in.has("bill_id")) r.link(t);
    t.version = before.version + 1;
    t.updated_at = rules.now;
    finish_body(doc);
    return t;
}

}  // namespace mita::finance
