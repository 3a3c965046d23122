#include "finance/facts.hpp"

namespace mita::finance {

std::vector<period_ptr> facts::revisions_of(year_month month) const {
    std::vector<period_ptr> out;
    for (const auto& p : periods)
        if (p->month == month) out.push_back(p);
    return out;
}

period_ptr facts::last_opened() const { return periods.empty() ? nullptr : periods.back(); }

answers facts::in_force() const {
    auto a = answers_from_json(answers_text);
    a.timezone = who.timezone;
    return a;
}

}  // namespace mita::finance
