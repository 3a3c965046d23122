// Cursors of lists: where the next page begins, opaque, and good only for the list, the person and the filter they were
// made for. base64url(version, place, MAC); the MAC is HMAC-SHA-256 cut to 144 bits. Used by every list. Pure;
// thread-safe.
#pragma once

#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"

#include <string>
#include <string_view>

namespace mita::http {

// What a cursor is bound to. list: its path; user: nil for a list that is the same for everybody; filter: in one fixed
// spelling.
std::string cursor_scope(std::string_view list, const uuid& user, std::string_view filter = {});

class cursor_seal {
public:
    // Every node of a service has the same key.
    explicit cursor_seal(const secret& key);
    // place: where the next page begins, in bytes of the list's own.
    std::string seal(std::string_view place, std::string_view scope) const;
    // The place. Throws wrong_cursor() unless seal() made this cursor in this scope.
    std::string open(std::string_view cursor, std::string_view scope) const;

private:
    secret key_;
};

api_error wrong_cursor();  // 400 invalid_cursor

}  // namespace mita::http
