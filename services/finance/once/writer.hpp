// Who writes: the session and the client of a token, kept with each version of a transaction (schema: 018_versions).
// Used by every write that makes versions of transactions.
#pragma once

#include "core/ids.hpp"
#include "core/principal.hpp"
#include "db/params.hpp"

#include <string>

namespace mita::finance {

struct writer {
    writer() = default;
    explicit writer(const principal& who) : session(who.session_id), client(who.client_id) {}

    uuid session;  // nil: none
    std::string client;

    // Two parameters: uuid, text.
    void add_to(db::params& to) const {
        if (session.is_nil())
            to.add(nullptr);
        else
            to.add(session);
        if (client.empty())
            to.add(nullptr);
        else
            to.add(client);
    }
};

}  // namespace mita::finance
