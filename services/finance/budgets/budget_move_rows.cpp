#include "finance/budgets/budget_move_rows.hpp"

#include "db/columns.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

#include <chrono>

namespace mita::finance {

namespace {

// In the order of budget_move_columns.
template <class Columns>
budget_move move_from(Columns in) {
    budget_move m;
    m.id = in.template next<uuid>();
    m.over.start = civil_day(in.template next<std::chrono::year_month_day>());
    m.over.next = civil_day(in.template next<std::chrono::year_month_day>());
    m.on = civil_day(in.template next<std::chrono::year_month_day>());
    m.from = in.template next<std::string>();
    m.to = in.template next<std::string>();
    m.value = in.template next<std::int64_t>();
    m.currency = in.template next<std::string>();
    m.note = in.template next<std::optional<std::string>>();
    m.created_at = in.template next<wall::time_point>();
    return m;
}

}  // namespace

budget_move budget_move_from(const db::row& r, int first) { return move_from(db::columns(r, first)); }

budget_move budget_move_from(std::string_view json) {
    const auto row = boost::json::parse(json);
    return move_from(json_columns(row.as_array()));
}

std::vector<plan_inputs::move> planned_moves_from(std::string_view json) {
    std::vector<plan_inputs::move> out;
    const auto rows = boost::json::parse(json);
    for (const auto& row : rows.as_array()) {
        const auto& of = row.as_array();
        const auto day = parse_day(std::string_view(of.at(0).as_string())).value();
        out.push_back(
            {day, std::string(of.at(1).as_string()), std::string(of.at(2).as_string()), of.at(3).to_number<amount>()});
    }
    return out;
}

}  // namespace mita::finance
