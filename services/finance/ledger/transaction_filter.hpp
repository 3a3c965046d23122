// What GET /v1/transactions is asked for: the filters, read from a query with every finding at once, and the one text
// form that cursors and links are made of. Pure.
#pragma once

#include "core/ids.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>

namespace mita::finance {

inline constexpr char transactions_path[] = "/v1/transactions";

struct transaction_filter {
    std::optional<uuid> account;
    std::optional<std::string> category;  // as asked for until resolve() made it canonical
    std::optional<civil_day> from, to;    // inclusive
    std::optional<amount> min, max;       // inclusive, signed
    std::optional<std::string> text;      // in payee or note
    std::optional<std::string> payee;     // the whole of it, by its word, or its id
    std::optional<std::string> tag;       // exactly
    std::optional<bool> cleared;

    // Filters beside those an index serves: rows are read and left out.
    bool sifts() const { return min || max || text; }
    // The filters as a query, in a fixed order, percent-encoded; empty without any.
    std::string query() const;
};

struct list_request {
    transaction_filter filter;
    int limit = 50;
    std::optional<std::string> cursor;
};

// Throws api_error: 400 malformed_query and unknown_parameter; 422 with every finding: invalid_parameter, or the code
// all findings share (invalid_date, invalid_id).
list_request read_list_request(const http::request& req);

// Makes the category canonical; 422 unknown_category. Archived categories keep their history and are found by id.
void resolve(transaction_filter& filter, const category_book& book);

}  // namespace mita::finance
