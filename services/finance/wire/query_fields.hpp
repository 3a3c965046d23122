// Days, ids and flags in the queries of lists; findings go to the reader. Used by every list that has such filters.
#pragma once

#include "core/ids.hpp"
#include "finance/domain/civil_time.hpp"
#include "http/query_reader.hpp"

#include <optional>
#include <string_view>

namespace mita::finance {

// nullopt: absent, or a finding was noted (invalid_date, invalid_id, invalid_value).
std::optional<civil_day> take_day(http::query_reader& in, std::string_view name);
std::optional<uuid> take_id(http::query_reader& in, std::string_view name);
std::optional<bool> take_flag(http::query_reader& in, std::string_view name);

}  // namespace mita::finance
