#include "finance/ledger/transaction_reader.hpp"

#include "finance/categories/category_fields.hpp"
#include "finance/payees/payee_word.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t longest_line_note = 500;
constexpr std::size_t longest_bill_id = 100;
constexpr std::size_t most_lines = 100;

}  // namespace

bool given(const json_object& in, std::string_view name) { return in.has(name) && !in.is_null(name); }

std::optional<amount> total_of(const std::vector<transaction_line>& lines) {
    std::vector<amount> values;
    for (const auto& line : lines) values.push_back(line.value);
    return checked_sum(values);
}

void transaction_reader::read_account(const transaction* before) {
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

void transaction_reader::put_into(transaction& t) {
    t.account_id = of->id;
    t.currency = of->currency;
    t.counts = of->on_budget;
}

std::optional<amount> transaction_reader::money(json_object& from) {
    const auto v = read_money(from, "money", of->currency, -max_amount, max_amount);
    refuse_zero(from, v);
    return v;
}

std::optional<amount> transaction_reader::total() {
    return read_money(in, "money", of->currency, -max_amount, max_amount);
}

std::optional<amount> transaction_reader::merged(amount before, bool of_lines) {
    const auto v = merge_money(in, "money", of->currency, before);
    if (!of_lines) refuse_zero(in, v);
    return v;
}

void transaction_reader::refuse_zero(json_object& from, std::optional<amount> v) {
    if (v == amount{0}) from.fail("money", "out_of_range", "Must not be 0.");
}

bool transaction_reader::on_a_sane_day(civil_day day) const {
    return day >= first_booking_day && day <= rules.today() + booked_ahead;
}

std::optional<civil_day> transaction_reader::booked_on(bool required) {
    const auto day = read_day(in, "booked_on", required);
    if (day && !on_a_sane_day(*day))
        in.fail("booked_on", "out_of_range", "Must be from 1970-01-01 to a year from today.");
    return day;
}

std::optional<wall::time_point> transaction_reader::occurred_at() {
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

std::optional<std::string> transaction_reader::category(json_object& from, const transaction* before) {
    const auto* given = from.raw("category");
    const auto* text = given == nullptr ? nullptr : given->if_string();
    if (before != nullptr && text != nullptr) {
        const auto kept = std::ranges::find(before->lines, std::string_view(*text), &transaction_line::category);
        if (kept != before->lines.end()) return kept->category;
    }
    return read_category(from, "category", rules.book);
}

std::optional<std::string> transaction_reader::new_category(const transaction& t) {
    if (!given(in, "category") && t.payee_id) {
        const auto usual = usual_category(*t.payee);
        const auto* known = usual ? rules.book.find(*usual) : nullptr;
        if (known != nullptr && !known->archived) return known->id;
    }
    return category(in, nullptr);
}

std::optional<std::string> transaction_reader::usual_category(const std::string& payee) {
    if (rules.payees == nullptr) return std::nullopt;
    const auto found = rules.payees->find(payee_word_of(payee));
    return found == rules.payees->end() ? std::nullopt : found->second.usual_category;
}

void transaction_reader::payee(transaction& t, const std::optional<std::string>& before) {
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

std::vector<transaction_line> transaction_reader::splits(std::optional<amount> value, const transaction* before) {
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

std::vector<std::string> transaction_reader::tags(std::span<const std::string> before) {
    return read_names(doc, in, "tags", most_tags, longest_tag, before);
}

void transaction_reader::link(transaction& t) {
    const auto bill = in.optional_string("bill_id", 1, longest_bill_id);
    t.bill_unlinked = bill == "none";
    t.bill_id = t.bill_unlinked ? "" : bill.value_or("");
}

void transaction_reader::judge_link(const transaction& t) {
    if (!t.bill_id.empty() && !t.counts && !may_be_planned(t, rules.accounts))
        in.fail("bill_id", "off_budget", "What is booked in an account off budget pays no bill.");
}

void transaction_reader::judge_leg(const transaction& t, const transaction& before) {
    const auto fail = [this](const char* member, const char* why) { in.fail(member, "transfer_leg", why); };
    if (t.account_id != before.account_id) fail("account_id", "It is a leg of a transfer: change the transfer.");
    if (t.booked_on != before.booked_on) fail("booked_on", "It is a leg of a transfer: change the transfer.");
    if (t.value != before.value) fail("money", "It is a leg of a transfer: change the transfer.");
}

void transaction_reader::refuse_lines() {
    if (given(in, "category")) in.fail("category", "transfer_leg", "It is a leg of a transfer that counts nowhere.");
    const auto* list = in.raw("splits");
    if (list == nullptr || list->is_null() || (list->is_array() && list->get_array().empty())) return;
    in.fail("splits", "transfer_leg", "It is a leg of a transfer that counts nowhere.");
}

void transaction_reader::conflict() { in.fail("splits", "ambiguous", "Give a category or splits, not both."); }

std::optional<std::string> transaction_reader::note_like(json_object& item, const transaction* before) {
    const auto* given = item.raw("note");
    const auto* text = given == nullptr ? nullptr : given->if_string();
    if (before == nullptr || text == nullptr) return std::nullopt;
    const auto same = [text](const auto& line) { return line.note && *line.note == std::string_view(*text); };
    const auto found = std::ranges::find_if(before->lines, same);
    return found == before->lines.end() ? std::nullopt : found->note;
}

}  // namespace mita::finance
