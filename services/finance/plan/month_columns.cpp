#include "finance/plan/month_columns.hpp"

namespace mita::finance {

month_columns::month_columns(const std::vector<stored_period>& months) {
    for (const auto& p : months) {
        month.emplace_back(p.over().start);
        next.emplace_back(p.over().next);
        from_day.emplace_back(p.from_day);
        chain_from.emplace_back(p.chain_from);
        revision.push_back(p.revision);
        budget.push_back(budget_json(p));
        obligations.push_back(obligations_json(p));
        for (const auto& o : p.obligations) expected.emplace_back(occurrence_key(o.id));
        for (const auto& i : p.incomes) expected.emplace_back(occurrence_key(i.id));
    }
}

}  // namespace mita::finance
