// Reads the query of a list with every finding at once. Used by every list; a service derives its own for what only it
// knows.
#pragma once

#include "core/error.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::http {

class query_reader {
public:
    // Throws api_error 400 malformed_query.
    explicit query_reader(std::string_view raw) : query_(raw) {}

    // nullopt: absent, or a finding was noted.
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    // How many entries a page may have: "limit", 1 to 500.
    std::optional<int> limit();
    std::optional<std::string> take(std::string_view name) { return query_.take(name); }
    void fail(std::string_view name, const char* code, std::string detail);
    // Throws api_error: 400 unknown_parameter; 422 with every finding: invalid_parameter, or the code all findings
    // share (invalid_date, invalid_id).
    void finish();

private:
    query_params query_;
    std::vector<field_error> findings_;
};

}  // namespace mita::http
