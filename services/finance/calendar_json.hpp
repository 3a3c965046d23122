// The answers that show a month, a day, today, and why: proto-json/schemas calendar, calendar_day, today, explanation.
#pragma once

#include "finance/facts.hpp"
#include "finance/month_view.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

std::string calendar_json(const facts& f, const month_view& v);
// day: index in the month. Shows f.transactions.
std::string day_json(const facts& f, const month_view& v, int day);
// `near`: views of the months of the week around today, today's own among them (v).
std::string today_json(const facts& f, const month_view& v, const std::vector<month_view>& near);
std::string explanation_json(const month_view& v, std::string_view category, int day, const explanation& why);

// [{from, to, money}] with `from` "unallocated" or a category.
void append_moves(json_out& out, const month_view& v, const std::vector<cover_move>& moves);

}  // namespace mita::finance
