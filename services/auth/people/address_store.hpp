// Accounts whose address still stands in its former form get the canonical one: SQL of users.address_form. Run when the
// service starts and by housekeeping. Several instances may do it at once.
#pragma once

#include "core/ids.hpp"
#include "core/log.hpp"
#include "db/pool.hpp"

namespace mita::auth {

class address_store {
public:
    explicit address_store(db::pool& db) : db_(db) {}
    // Settles up to `at_most` accounts, the oldest first; how many. Two accounts of one mailbox cannot be made one: one
    // gets the canonical form (who stands in it already, else the older), the other keeps its own, by which it is still
    // found when it is typed exactly so. Said in the log (`address_collision`), as is an address that could not be
    // registered today (`address_kept`).
    awaitable<unsigned> settle(unsigned at_most, deadline d, logger& log);

private:
    db::pool& db_;
};

}  // namespace mita::auth
