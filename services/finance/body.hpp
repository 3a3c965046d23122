// Reading request bodies of this service: money objects, categories, and the code an answer gets. Findings go to the
// document, so that all come back at once.
#pragma once

#include "core/ids.hpp"
#include "core/json_reader.hpp"
#include "finance/category_book.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

// {"amount": integer, "currency": code} within min..max. Findings: unknown_currency; currency_mismatch when `expected`
// is not empty and differs. nullopt when absent (a finding if required) or wrong.
std::optional<amount> read_money(json_object& in, std::string_view name, std::string_view expected, amount min,
                                 amount max, bool required = true);

// Money of a merge patch (RFC 7396): what it leaves out stays as it was. Findings and nullopt as above.
std::optional<amount> merge_money(json_object& in, std::string_view name, std::string_view expected, amount before);

// A canonical category id from an id, name or alias; finding unknown_category with the list.
std::optional<std::string> read_category(json_object& in, std::string_view name, const category_book& book,
                                         bool required = true);

// The id of something elsewhere, null when left out: version 7; finding invalid_id.
std::optional<uuid> read_reference(json_object& in, std::string_view name);

// Strict "YYYY-MM-DD"; finding invalid_date.
std::optional<civil_day> read_day(json_object& in, std::string_view name, bool required = true);

// doc.finish(), but when every finding has one and the same domain code (unknown_category, currency_mismatch, ...) the
// problem has that code instead of validation_failed. Throws api_error 422.
void finish_body(json_document& doc);

// 422 with this one finding.
[[noreturn]] void refuse(std::string_view pointer, std::string_view code, const std::string& detail);

// As every id of the contract is: version 7, RFC variant.
bool is_version_7(const uuid& id);

// For values that come from paths and queries. Throw api_error 422 invalid_date, unknown_category.
civil_day parse_path_day(std::string_view text);
uuid parse_path_id(std::string_view text);  // 422 invalid_id
std::string resolve_or_refuse(const category_book& book, std::string_view text, std::string_view pointer);

}  // namespace mita::finance
