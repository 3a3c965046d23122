#include "finance/month/month_facts.hpp"

namespace mita::finance {

std::vector<period_ptr> month_facts::revisions_of(year_month month) const {
    std::vector<period_ptr> out;
    for (const auto& p : periods)
        if (p->month == month) out.push_back(p);
    return out;
}

period_ptr month_facts::last_opened() const { return periods.empty() ? nullptr : periods.back(); }

plan_inputs month_facts::in_force() const {
    auto a = plan_inputs_from_json(inputs_text);
    a.timezone = who.timezone;
    return a;
}

}  // namespace mita::finance
