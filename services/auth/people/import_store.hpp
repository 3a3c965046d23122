// Accounts of another system: SQL of their insertion. Used by `mita-auth users import`.
#pragma once

#include "auth/people/user_store.hpp"
#include "db/pool.hpp"

namespace mita::auth {

class import_store {
public:
    explicit import_store(db::pool& db) : db_(db) {}
    // u.email_key is not looked at: it is made of the address, which must have a canonical form. False: somebody has
    // that mailbox; nothing changes.
    awaitable<bool> add(user u, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
