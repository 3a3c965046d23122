#include "finance/wire/fields.hpp"

#include "core/text.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mita::finance {

namespace {

// Findings of the domain: alone in an answer they give it its code.
constexpr std::array<std::string_view, 12> domain_codes{
    "unknown_category", "unknown_currency", "currency_mismatch", "unknown_timezone", "invalid_date", "amount_overflow",
    "invalid_id",       "splits_mismatch",  "unknown_bill",      "unknown_account",  "below_zero",   "not_enough"};

void check_currency(json_object& money, std::string_view expected) {
    const auto code = money.string("currency", 3, 3);
    if (code.size() != 3) return;
    if (find_currency(code) == nullptr)
        money.fail("currency", "unknown_currency", "No ISO 4217 currency with a minor unit has this code.");
    else if (!expected.empty() && code != expected)
        money.fail("currency", "currency_mismatch", "Must be " + std::string(expected) + ".");
}

constexpr const char* hidden = "Characters that show nothing or change the direction are not allowed.";

bool is_among(std::string_view text, std::span<const std::string> known) {
    return std::ranges::find(known, text) != known.end();
}

// What is wrong with it as a name; empty: nothing.
std::pair<std::string_view, const char*> fault_of_name(std::string_view text) {
    if (text::has_hidden(text)) return {"invalid_characters", hidden};
    if (text::fold(text).empty()) return {"too_short", "Must not be blank."};
    return {};
}

}  // namespace

bool left_out(json_object& in, std::string_view name) {
    const auto* value = in.raw(name);
    return value == nullptr || value->is_null();
}

std::optional<amount> read_money(json_object& in, std::string_view name, std::string_view expected, amount min,
                                 amount max, bool required) {
    if (!required && left_out(in, name)) return std::nullopt;
    auto money = in.object(name);
    const bool integer_there = money.valid() && money.has("amount");
    const auto value = money.integer("amount", min, max);
    check_currency(money, expected);
    if (!integer_there) return std::nullopt;
    return value;
}

std::optional<amount> merge_money(json_object& in, std::string_view name, std::string_view expected, amount before) {
    auto money = in.object(name);
    if (!money.valid()) return std::nullopt;
    if (money.has("currency")) check_currency(money, expected);
    if (!money.has("amount")) return before;
    return money.integer("amount", -max_amount, max_amount);
}

std::string read_name(json_object& in, std::string_view name, std::size_t longest,
                      std::span<const std::string> before) {
    auto text = in.string(name, 1, longest);
    if (text.empty() || is_among(text, before)) return text;
    const auto [code, detail] = fault_of_name(text);
    if (code.empty()) return text;
    in.fail(name, std::string(code), detail);
    return {};
}

std::optional<std::string> read_text(json_object& in, std::string_view name, std::size_t longest, lines may_have,
                                     const std::optional<std::string>& before) {
    auto text = in.optional_string(name, 0, longest);
    if (!text || text == before) return text;
    auto shown = *text;
    if (may_have == lines::several) std::erase_if(shown, [](char c) { return c == '\n' || c == '\t'; });
    if (text::has_hidden(shown)) in.fail(name, "invalid_characters", hidden);
    return text;
}

std::vector<std::string> read_names(json_document& doc, json_object& in, std::string_view name, std::size_t most,
                                    std::size_t longest, std::span<const std::string> before) {
    auto out = in.strings(name, most, longest);
    const auto* raw = in.raw(name);
    if (raw == nullptr || !raw->is_array()) return out;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto* item = raw->get_array()[i].if_string();
        const bool given = item != nullptr && std::string_view(*item) == out[i];  // else it has its finding
        if (!given || is_among(out[i], before)) continue;
        const auto pointer = in.pointer(name) + "/" + std::to_string(i);
        const auto [code, detail] = fault_of_name(out[i]);
        if (out[i].empty())
            doc.fail(pointer, "too_short", "Must not be empty.");
        else if (!code.empty())
            doc.fail(pointer, std::string(code), detail);
    }
    return out;
}

std::optional<uuid> read_reference(json_object& in, std::string_view name) {
    const auto id = in.optional_id(name);
    if (id && !is_version_7(*id)) in.fail(name, "invalid_id", "Must be a UUID of version 7.");
    return id;
}

std::optional<civil_day> read_day(json_object& in, std::string_view name, bool required) {
    if (!required && left_out(in, name)) return std::nullopt;
    const auto text = in.string(name, 1, 32);
    if (text.empty()) return std::nullopt;
    const auto day = parse_day(text);
    if (!day) in.fail(name, "invalid_date", "Must be a day that exists, as YYYY-MM-DD.");
    return day;
}

void finish_body(json_document& doc) {
    try {
        doc.finish();
    } catch (api_error& e) {
        if (e.errors.empty()) throw;
        const auto& code = e.errors.front().code;
        const bool same = std::ranges::all_of(e.errors, [&](const auto& f) { return f.code == code; });
        if (!same || std::ranges::find(domain_codes, code) == domain_codes.end()) throw;
        const auto detail = e.errors.front().detail;
        throw api_error(422, code, detail, std::move(e.errors));
    }
}

bool is_version_7(const uuid& id) { return id.version() == 7 && (id.bytes[8] & 0xc0U) == 0x80U; }

civil_day parse_path_day(std::string_view text) {
    const auto day = parse_day(text);
    if (!day) refuse("/date", "invalid_date", "Give a day that exists, as YYYY-MM-DD.");
    return *day;
}

uuid parse_path_id(std::string_view text) {
    const auto id = uuid::parse(text);
    if (!id) refuse("/id", "invalid_id", "Give an id as a UUID.");
    return *id;
}

}  // namespace mita::finance
