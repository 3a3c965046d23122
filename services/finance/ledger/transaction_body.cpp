#include "finance/ledger/transaction_body.hpp"

#include "finance/categories/category_fields.hpp"
#include "finance/payees/payee_word.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t longest_line_note = 500;
constexpr std::size_t longest_bill_id = 100;
constexpr std::size_t most_lines = 100;

bool given(const json_object& in, std::string_view name) { return in.has(name) && !in.is_null(name); }

std::optional<amount> total_of(const std::vector<transaction_line>& lines) {
    std::vector<amount> values;
    for (const auto& line : lines) values.push_back(line.value);
    return checked_sum(values);
}

struct reader {
    json_document& doc;
    json_object in;
    const entry_rules& rules;
    const account* of;  // the account it is booked in

    // before: what the transaction has may stay, archived or not.
    void read_account(const transaction* before) {
        const auto id = read_reference(in, "account_id");
        if (!id || !is_version_7(*id)) return;
        const auto* found = rules.accounts.find(*id);
        if (found == nullptr)
            in.fail("account_id", "unknown_account", "No such account.");
        else if (found->archived && !(before != nullptr && before->account_id == *id))
            in.fail("account_id", "archived_account", "This account is archived.");
        else
            of = found;
    }

    void put_into(transaction& t) {
        t.account_id = of->id;
        t.currency = of->currency;
        t.counts = of->on_budget;
    }

    std::optional<amount> money(json_object& from) {
        const auto v = read_money(from, "money", of->currency, -max_amount, max_amount);
        refuse_zero(from, v);
        return v;
    }

    // A transaction of several lines may sum to nothing (an exchange), a line may not.
    std::optional<amount> total() { return read_money(in, "money", of->currency, -max_amount, max_amount); }

    std::optional<amount> merged(amount before, bool of_lines) {
        const auto v = merge_money(in, "money", of->currency, before);
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

    // before: what the transaction has may stay, archived or not.
    std::optional<std::string> category(json_object& from, const transaction* before) {
        const auto* given = from.raw("category");
        const auto* text = given == nullptr ? nullptr : given->if_string();
        if (before != nullptr && text != nullptr) {
            const auto kept = std::ranges::find(before->lines, std::string_view(*text), &transaction_line::category);
            if (kept != before->lines.end()) return kept->category;
        }
        return read_category(from, "category", rules.book);
    }

    // Of a new one: as given, else its payee's, while that is a category.
    std::optional<std::string> new_category(const transaction& t) {
        if (!given(in, "category") && t.payee_id) {
            const auto usual = usual_category(*t.payee);
            const auto* known = usual ? rules.book.find(*usual) : nullptr;
            if (known != nullptr && !known->archived) return known->id;
        }
        return category(in, nullptr);
    }

    std::optional<std::string> usual_category(const std::string& payee) {
        if (rules.payees == nullptr) return std::nullopt;
        const auto found = rules.payees->find(payee_word_of(payee));
        return found == rules.payees->end() ? std::nullopt : found->second.usual_category;
    }

    // null, and what shows nothing, means nobody.
    void payee(transaction& t, const std::optional<std::string>& before) {
        t.payee = read_text(in, "payee", longest_payee, lines::one, before);
        if (t.payee == before) return;
        t.payee_id.reset();
        const auto word = t.payee ? payee_word_of(*t.payee) : std::string();
        if (word.empty()) return;
        if (rules.payees == nullptr)
            t.payee_id = new_uuid();
        else
            t.payee_id = rules.payees->try_emplace(word, payee_meant{new_uuid(), {}}).first->second.id;
    }

    std::vector<transaction_line> splits(std::optional<amount> value, const transaction* before) {
        std::vector<transaction_line> out;
        bool whole = value.has_value();
        auto items = in.objects("splits", most_lines);
        if (const auto* list = in.raw("splits"); list->is_array() && list->get_array().empty())
            in.fail("splits", "too_few", "Must have at least one line.");
        for (auto& item : items) {
            transaction_line line;
            const auto place = category(item, before);
            const auto part = money(item);
            line.note = read_text(item, "note", longest_line_note, lines::several, note_like(item, before));
            whole = whole && place && part;
            line.category = place.value_or("");
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

    std::vector<std::string> tags(std::span<const std::string> before = {}) {
        return read_names(doc, in, "tags", most_tags, longest_tag, before);
    }

    void link(transaction& t) {
        const auto bill = in.optional_string("bill_id", 1, longest_bill_id);
        t.bill_unlinked = bill == "none";
        t.bill_id = t.bill_unlinked ? "" : bill.value_or("");
    }

    // Bills are the plan's.
    void judge_link(const transaction& t) {
        if (!t.bill_id.empty() && !t.counts)
            in.fail("bill_id", "off_budget", "What is booked in an account off budget pays no bill.");
    }

    // What a leg of a transfer has in common with it is changed there.
    void judge_leg(const transaction& t, const transaction& before) {
        const auto fail = [this](const char* member, const char* why) { in.fail(member, "transfer_leg", why); };
        if (t.account_id != before.account_id) fail("account_id", "It is a leg of a transfer: change the transfer.");
        if (t.booked_on != before.booked_on) fail("booked_on", "It is a leg of a transfer: change the transfer.");
        if (t.value != before.value) fail("money", "It is a leg of a transfer: change the transfer.");
    }

    // Of one that counts nowhere: no category and no splits, as it is shown.
    void refuse_lines() {
        if (given(in, "category"))
            in.fail("category", "transfer_leg", "It is a leg of a transfer that counts nowhere.");
        const auto* list = in.raw("splits");
        if (list == nullptr || list->is_null() || (list->is_array() && list->get_array().empty())) return;
        in.fail("splits", "transfer_leg", "It is a leg of a transfer that counts nowhere.");
    }

    void conflict() { in.fail("splits", "ambiguous", "Give a category or splits, not both."); }

private:
    // The note of a line, when a line before had the same.
    static std::optional<std::string> note_like(json_object& item, const transaction* before) {
        const auto* given = item.raw("note");
        const auto* text = given == nullptr ? nullptr : given->if_string();
        if (before == nullptr || text == nullptr) return std::nullopt;
        const auto same = [text](const auto& line) { return line.note && *line.note == std::string_view(*text); };
        const auto found = std::ranges::find_if(before->lines, same);
        return found == before->lines.end() ? std::nullopt : found->note;
    }
};

// The account a stored transaction is in.
const account& account_of(const transaction& t, const entry_rules& rules) {
    const auto* found = rules.accounts.find(t.account_id);
    if (found == nullptr) throw std::logic_error("a stored transaction is in no account of its person");
    return *found;
}

}  // namespace

std::optional<std::string> payee_named(const boost::json::value& body) {
    const auto* in = body.if_object();
    const auto* payee = in == nullptr ? nullptr : in->if_contains("payee");
    if (payee == nullptr || !payee->is_string() || payee->get_string().size() > 4 * longest_payee) return std::nullopt;
    auto word = payee_word_of(std::string_view(payee->get_string()));
    if (word.empty()) return std::nullopt;
    return word;
}

bool names_no_category(const boost::json::value& body) {
    const auto* in = body.if_object();
    const auto named = [in](std::string_view member) {
        const auto* value = in->if_contains(member);
        return value != nullptr && !value->is_null();
    };
    return in != nullptr && !named("category") && !named("splits");
}

transaction read_new_transaction(json_document& doc, const entry_rules& rules) {
    reader r{doc, doc.object(), rules, &rules.accounts.first()};
    auto& in = r.in;
    transaction t;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    t.id = id ? *id : new_uuid();
    r.read_account(nullptr);
    r.put_into(t);
    const auto booked = r.booked_on(false);
    t.occurred_at = r.occurred_at();
    t.booked_on = booked ? *booked : t.occurred_at ? local_today(rules.where, *t.occurred_at) : rules.today();
    r.payee(t, std::nullopt);
    const bool split = given(in, "splits");
    const auto value = split ? r.total() : r.money(in);
    t.value = value.value_or(0);
    if (split) {
        if (given(in, "category")) {
            r.conflict();
            in.ignore("category");
        }
        t.lines = r.splits(value, nullptr);
    } else {
        in.ignore("splits");
        const auto category = r.new_category(t);
        t.lines.push_back({category.value_or(""), t.value, std::nullopt});
    }
    in.ignore("category");
    t.note = read_text(in, "note", longest_note, lines::several);
    t.tags = r.tags();
    r.link(t);
    r.judge_link(t);
    t.created_at = t.updated_at = rules.now;
    finish_body(doc);
    return t;
}

transaction read_transaction_patch(json_document& doc, const transaction& before, const entry_rules& rules) {
    reader r{doc, doc.object(), rules, &account_of(before, rules)};
    auto& in = r.in;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    auto t = before;
    if (in.is_null("account_id")) r.of = &rules.accounts.first();
    if (in.has("account_id")) r.read_account(&before);
    r.put_into(t);
    if (t.transfer_id) t.counts = before.counts;
    const bool nowhere = t.transfer_id && !t.counts;
    const bool exchanged = t.currency != before.currency;
    if (exchanged && !in.has("money"))
        in.fail("money", "required", "In an account of another currency the money is another: give it as well.");
    if (in.has("booked_on")) t.booked_on = r.booked_on(true).value_or(before.booked_on);
    if (in.has("occurred_at")) t.occurred_at = r.occurred_at();

    const bool split = given(in, "splits");
    const bool category = given(in, "category");
    std::optional<amount> value = before.value;
    if (in.has("money")) value = r.merged(before.value, split || (is_split(before) && !category));
    t.value = value.value_or(0);
    if (split && category) r.conflict();
    if (nowhere) {
        r.refuse_lines();
    } else if (split) {
        t.lines = r.splits(value, &before);
    } else if (category) {
        if (!in.has("money")) r.refuse_zero(in, value);  // lines may sum to nothing, one category may not
        t.lines.assign(1, {r.category(in, &before).value_or(""), t.value, std::nullopt});
    } else if (is_split(before)) {
        if (in.has("splits")) in.fail("category", "required", "Without splits a category is needed.");
        if (exchanged)
            in.fail("splits", "required", "In another currency the lines are others: give them as well.");
        else if (value && total_of(t.lines) != value)
            in.fail("money", "splits_mismatch", "The lines do not sum to it: give the splits as well.");
    } else {
        if (in.has("category")) in.fail("splits", "required", "Without a category splits are needed.");
        t.lines.front().value = t.value;
    }
    in.ignore("category");
    in.ignore("splits");

    if (in.has("payee")) r.payee(t, before.payee);
    if (in.has("note")) t.note = read_text(in, "note", longest_note, lines::several, before.note);
    if (in.has("tags")) t.tags = r.tags(before.tags);
    if (in.has("bill_id")) r.link(t);
    r.judge_link(t);
    if (t.transfer_id) r.judge_leg(t, before);
    t.version = before.version + 1;
    t.updated_at = rules.now;
    finish_body(doc);
    return t;
}

}  // namespace mita::finance
