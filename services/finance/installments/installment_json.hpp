// An installment plan as answered: what was agreed, what it costs, its parts. A function of what is stored alone: no
// day and no payment moves its tag. Used by /v1/installments and the feed. Pure.
#pragma once

#include "finance/plan/plan_inputs.hpp"
#include "finance/wire/json_out.hpp"

#include <string>

namespace mita::finance {

// Without parts in lists and in the feed: 120 each are too much there.
enum class parts_shown : std::uint8_t { no, yes };
void append(json_out& out, const plan_inputs::installment& i, parts_shown as);
std::string text_of(const plan_inputs::installment& i, const std::string& currency);

// Terms, sums and parts of a quote, within an open object.
void append_quoted(json_out& out, const plan_inputs::installment& i);

}  // namespace mita::finance
