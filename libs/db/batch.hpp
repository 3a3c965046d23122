// Several statements sent with one Sync: one implicit transaction, one round trip. Either all hold or none.
// Filled by a store, given to pool::run_batch or transaction::run_batch.
#pragma once

#include "db/params.hpp"
#include "db/statement.hpp"

#include <utility>
#include <vector>

namespace mita::db {

class batch {
public:
    template <class... Args>
    void add(const statement& s, const Args&... args) {
        items.push_back(item(&s, params::of(args...)));
    }
    struct item {
        item(const statement* s, params p) : what(s), with(std::move(p)) {}
        const statement* what;
        params with;
    };
    std::vector<item> items;
};

}  // namespace mita::db
