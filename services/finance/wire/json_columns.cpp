#include "finance/wire/json_columns.hpp"

#include "finance/domain/civil_time.hpp"

#include <boost/json/value.hpp>

#include <stdexcept>
#include <string_view>

namespace mita::finance {

using boost::json::value;

namespace {

std::string_view text_of(const value& v) { return v.as_string(); }

}  // namespace

void json_columns::read(const value& v, bool& out) { out = v.as_bool(); }
void json_columns::read(const value& v, std::int64_t& out) { out = v.to_number<std::int64_t>(); }
void json_columns::read(const value& v, std::string& out) { out = text_of(v); }

void json_columns::read(const value& v, uuid& out) {
    const auto id = uuid::parse(text_of(v));
    if (!id) throw std::logic_error("a stored id does not parse");
    out = *id;
}

void json_columns::read(const value& v, wall::time_point& out) {
    const auto t = wall::parse(text_of(v));
    if (!t) throw std::logic_error("a stored instant does not parse");
    out = *t;
}

void json_columns::read(const value& v, std::chrono::year_month_day& out) { out = parse_day(text_of(v)).value(); }

void json_columns::read(const value& v, std::vector<std::string>& out) {
    for (const auto& item : v.as_array()) out.emplace_back(text_of(item));
}

}  // namespace mita::finance
