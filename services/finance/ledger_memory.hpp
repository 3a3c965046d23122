// What this process remembers of ledgers, never trusted by itself: every use is checked against the person's versions
// in the database, in the statement that would be needed anyway (a write) or in one point query (a page). So several
// nodes need no message about it, and nothing stale is ever shown.
#pragma once

#include "cache/cache.hpp"
#include "finance/facts.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace mita::finance {

// The facts of the month of today, after this process's last write: saves a POST its reading (B12).
struct loaded_size {
    std::size_t operator()(const uuid&, const loaded& l) const;
};
using ledger_cache = cache::cache<uuid, loaded, loaded_size>;

// `before` with t written; null when it is not worth keeping.
std::shared_ptr<const loaded> after_writing(const loaded& before, const transaction& t);

// A page of the list as it was at a version of the ledger (B7).
struct kept_page {
    std::int64_t ledger_version = 0;
    std::string body, link;  // link empty: the last page
};
struct kept_page_size {
    std::size_t operator()(const std::string& key, const kept_page& p) const {
        return sizeof(kept_page) + key.capacity() + p.body.capacity() + p.link.capacity();
    }
};
using page_cache = cache::cache<std::string, kept_page, kept_page_size>;

}  // namespace mita::finance
