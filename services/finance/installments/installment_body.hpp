// The strict readers of POST, PATCH and :quote of /v1/installments: every finding at once, 422 as fields.hpp says.
#pragma once

#include "core/ids.hpp"
#include "core/json_reader.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/plan/plan_inputs.hpp"

#include <optional>
#include <string_view>

namespace mita::finance {

inline constexpr std::size_t most_installments = 50;

// What a body is judged by.
struct installment_rules {
    const category_book& book;
    const plan_inputs& inputs;  // in force
    civil_day today;
    std::optional<uuid> bought;  // the transaction the body names, when it is there
};

// What has happened to a plan by now.
struct installment_past {
    int paid = 0;                // the last part something was booked for
    bool payoff_stands = false;  // it is of a past day, or something was booked for it
};

// Which transaction a body names, whatever else is wrong with it. Throws api_error 400 for malformed JSON.
std::optional<uuid> transaction_named(std::string_view body);

// Throws api_error 409 already_exists for an id that is taken.
plan_inputs::installment read_new_installment(json_document& doc, const installment_rules& rules);
// Terms alone, of nothing that will be.
plan_inputs::installment read_installment_quote(json_document& doc, const installment_rules& rules);
// A merge patch (RFC 7396) of name, category, transaction_id and payoff_on: the terms stay. Throws api_error 409
// paid_off for another payoff where one stands.
plan_inputs::installment read_installment_patch(std::string_view body, const plan_inputs::installment& before,
                                                const installment_rules& rules, const installment_past& past);

}  // namespace mita::finance
