// Reading request bodies of this service: money, days, ids, and the code an answer gets. Findings go to the document,
// so that all come back at once. Used by every noun's body reader.
#pragma once

#include "core/ids.hpp"
#include "core/json_reader.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

// An optional member that is null counts as left out.
bool left_out(json_object& in, std::string_view name);

// {"amount": integer, "currency": code} within min..max. Findings: unknown_currency; currency_mismatch when `expected`
// is not empty and differs. nullopt when absent (a finding if required) or wrong.
std::optional<amount> read_money(json_object& in, std::string_view name, std::string_view expected, amount min,
                                 amount max, bool required = true);

// Money of a merge patch (RFC 7396): what it leaves out stays as it was. Findings and nullopt as above.
std::optional<amount> merge_money(json_object& in, std::string_view name, std::string_view expected, amount before);

// What people call things: one line that shows something and hides nothing (text::has_hidden). `before`: what the thing
// is called already may stay. Findings too_short, too_long, invalid_characters. "" when wrong.
std::string read_name(json_object& in, std::string_view name, std::size_t longest,
                      std::span<const std::string> before = {});
// The same rules for text that may be left out, and be empty; `lines`: it may have several.
enum class lines : std::uint8_t { one, several };
std::optional<std::string> read_text(json_object& in, std::string_view name, std::size_t longest, lines may_have,
                                     const std::optional<std::string>& before = std::nullopt);
// In a list of names (aliases, tags): each shows something and hides nothing, or is one of `before`.
std::vector<std::string> read_names(json_document& doc, json_object& in, std::string_view name, std::size_t most,
                                    std::size_t longest, std::span<const std::string> before = {});

// The id of something elsewhere, null when left out: version 7; finding invalid_id.
std::optional<uuid> read_reference(json_object& in, std::string_view name);

// Strict "YYYY-MM-DD"; finding invalid_date.
std::optional<civil_day> read_day(json_object& in, std::string_view name, bool required = true);

// doc.finish(), but when every finding has one and the same domain code (unknown_category, currency_mismatch, ...) the
// problem has that code instead of validation_failed. Throws api_error 422.
void finish_body(json_document& doc);

// As every id of the contract is: version 7, RFC variant.
bool is_version_7(const uuid& id);

// For values that come from paths and queries. Throw api_error 422 invalid_date, invalid_id.
civil_day parse_path_day(std::string_view text);
uuid parse_path_id(std::string_view text);

}  // namespace mita::finance
