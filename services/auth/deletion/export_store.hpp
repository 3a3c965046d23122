// All that auth keeps of a person, but for the trail, as JSON (A3). Used by GET /v1/auth/export.
#pragma once

#include "core/ids.hpp"
#include "db/pool.hpp"

#include <optional>
#include <string>

namespace mita::auth {

class export_store {
public:
    explicit export_store(db::pool& db) : db_(db) {}
    // The members of an object, without its braces; nullopt: there is no such person. Secrets are not in it, neither
    // hashed nor sealed.
    awaitable<std::optional<std::string>> of(uuid id, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
