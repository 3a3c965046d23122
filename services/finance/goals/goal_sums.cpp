#include "finance/goals/goal_sums.hpp"

#include <boost/json/parse.hpp>

namespace mita::finance {

std::vector<std::pair<std::string, amount>> goal_sums_from(std::string_view json) {
    std::vector<std::pair<std::string, amount>> out;
    const auto rows = boost::json::parse(json);
    for (const auto& row : rows.as_array()) {
        const auto& of = row.as_array();
        out.emplace_back(of.at(0).as_string(), of.at(1).to_number<amount>());
    }
    return out;
}

}  // namespace mita::finance
