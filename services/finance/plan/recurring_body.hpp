// The strict readers of POST and PATCH /v1/recurring: every finding at once, 422 as fields.hpp says.
#pragma once

#include "core/json_reader.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/plan/recurring.hpp"

#include <string_view>

namespace mita::finance {

// What a body is judged by.
struct recurring_rules {
    const category_book& book;
    const plan_inputs& inputs;  // in force
    const account_book& accounts;
    civil_day today;
};

// Throws api_error 409 already_exists for an id that is taken.
recurring read_new_recurring(json_document& doc, const recurring_rules& rules);
// A merge patch (RFC 7396): money alone makes a fixed amount, an end of a range keeps the other.
recurring read_recurring_patch(std::string_view body, const recurring& before, const recurring_rules& rules);

}  // namespace mita::finance
