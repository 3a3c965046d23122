// Who covers whom, with the names of the view's categories. Used by views, effects and advice.
#pragma once

#include "finance/month/month_view.hpp"
#include "finance/wire/json_out.hpp"

#include <string>
#include <vector>

namespace mita::finance {

struct plan_move {
    std::string from, to;  // from may be "unallocated"
    amount value = 0;
};
// With the names of the view's categories.
std::vector<plan_move> named_moves(const month_view& v, const std::vector<cover_move>& moves);
void append(json_out& out, const std::vector<plan_move>& moves);  // as an array

}  // namespace mita::finance
