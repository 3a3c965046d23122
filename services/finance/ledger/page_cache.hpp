// Pages of the list this process has shown, never trusted by themselves: every use is checked against the person's
// ledger_version in one point query. So several nodes need no message about them, and nothing stale is ever shown.
#pragma once

#include "cache/cache.hpp"

#include <cstdint>
#include <string>

namespace mita::finance {

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
