// From facts to the engine's input: the categories of a month, and what one revision of the month gives the
// engine. Pure. Used by the view of a month and by the carry into it.
#pragma once

#include "finance/domain/engine.hpp"
#include "finance/month/month_facts.hpp"
#include "finance/month/settlements.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

using carries = std::map<std::string, amount, std::less<>>;  // category -> carry_in

struct column {
    std::string id;
    category_class cls;
};

// Every spend category of the revisions, with spending in the month or something carried into it, in display order.
std::vector<column> columns_of(const month_facts& f, const std::vector<period_ptr>& revisions, const period& over,
                               const carries& carried);
std::optional<std::size_t> index_in(const std::vector<column>& columns, std::string_view id);

// The engine's input for one revision over all columns, as of `today`; p null: no plan.
month_input input_of(const month_facts& f, const settlements& met, const std::vector<column>& columns,
                     const stored_period* p, const period& over, civil_day today, const carries& carried);

}  // namespace mita::finance
