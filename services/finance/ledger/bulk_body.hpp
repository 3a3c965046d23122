// Reads the body of POST /v1/transactions:bulk: which transactions (by ids, or by the list's filters) and what of each
// becomes another. Each is then changed as a PATCH of it would. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/ledger/transaction_body.hpp"
#include "finance/ledger/transaction_filter.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

inline constexpr std::size_t most_in_bulk = 1000;

struct bulk_change {
    std::string patch;  // members of a merge patch that every one gets, without braces
    std::vector<std::string> tags_add, tags_remove;
};

struct bulk_request {
    std::optional<std::vector<uuid>> ids;  // else by filter
    transaction_filter filter;
    bulk_change change;

    std::string pointer_of(std::size_t nth) const { return ids ? "/ids/" + std::to_string(nth) : "/filter"; }
};

// Throws api_error 422.
bulk_request read_bulk(json_document& doc, const entry_rules& rules);

// t with the change; the same version when that changes nothing. Throws api_error 422 as a PATCH.
transaction changed(const transaction& t, const bulk_change& change, const entry_rules& rules);

}  // namespace mita::finance
