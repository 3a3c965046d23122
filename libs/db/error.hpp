// What the database can throw. sqlstate decides; constraint names map conflicts to domain errors (never message text).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace mita::db {

class error : public std::runtime_error {
public:
    error(std::string sqlstate_, std::string constraint_, const std::string& message)
        : std::runtime_error(message), sqlstate(std::move(sqlstate_)), constraint(std::move(constraint_)) {}
    std::string sqlstate;    // five characters; "08006" also for a lost connection
    std::string constraint;  // name, empty when none
    bool is_unique_violation(std::string_view name = {}) const {
        return sqlstate == "23505" && (name.empty() || constraint == name);
    }
    bool is_check_violation(std::string_view name = {}) const {
        return sqlstate == "23514" && (name.empty() || constraint == name);
    }
    bool is_foreign_key_violation(std::string_view name = {}) const {
        return sqlstate == "23503" && (name.empty() || constraint == name);
    }
    // 40001, 40P01: the whole transaction may be run again.
    bool is_retryable() const { return sqlstate == "40001" || sqlstate == "40P01"; }
    // 08xxx, 57P0x: the connection is gone; http::server answers 503 + Retry-After.
    bool is_unavailable() const {
        return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "53300";
    }
};

}  // namespace mita::db
