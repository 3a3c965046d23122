// The tags of a person's live transactions, with how often each is there (017_tags_amounts.sql keeps the counts), and
// acts on all transactions that have one. Used by the handlers of tags.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/once/writer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

struct tag_count {
    std::string tag;
    std::int64_t uses = 0;
};

// Throws db::error, deadline_exceeded, overloaded.
class tag_store {
public:
    explicit tag_store(db::pool& db) : db_(db) {}

    struct page {
        std::vector<tag_count> entries;  // by their bytes
        bool more = false;
        std::int64_t ledger_version = 0;  // 0: the person has no row yet
    };
    // Those that begin with `prefix`, after `after`.
    awaitable<page> list(const uuid& user, const std::string& prefix, const std::string& after, int limit, deadline d);

    struct uses {
        std::int64_t ledger_version = 0;  // 0: the person has no row yet
        std::int64_t transactions = 0;    // that have one of the tags, at most `most`
    };
    awaitable<uses> count(const uuid& user, const std::vector<std::string>& tags, std::int64_t most, deadline d);
    // Each transaction that has one of `from` has `into` instead, once; nullopt: nothing instead.
    awaitable<write_outcome> replace(const uuid& user, const std::vector<std::string>& from,
                                     const std::optional<std::string>& into, const state_before& judged_by,
                                     const keyed_answer& answer, writer by, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
