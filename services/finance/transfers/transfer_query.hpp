// What GET /v1/transfers is asked for: the filters, read from a query with every finding at once, and the one text form
// that cursors and links are made of. Pure.
#pragma once

#include "finance/transfers/transfer_store.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>

namespace mita::finance {

struct transfer_request {
    transfer_filter filter;
    int limit = 50;
    std::optional<std::string> cursor;
};

// Throws api_error: 400 malformed_query and unknown_parameter; 422 with every finding.
transfer_request read_transfer_query(const http::request& req);
// In a fixed order, percent-encoded; empty without any filter.
std::string query_of(const transfer_filter& f);

}  // namespace mita::finance
