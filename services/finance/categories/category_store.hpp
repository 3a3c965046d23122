// The person's own rows of `categories`: what they changed or added over the built-in taxonomy. Each write is judged by
// the book of a budget_version and happens under the lock of the person's row while it is that version's; it moves
// budget_version on (calendars show names and classes, every other write is judged by it) and tells every node to
// forget the person.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/once/keyed_sql.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mita::finance {

enum class category_change {
    done,
    in_use,
    moved,  // the book is another by now: read again
};

// Throws db::error, deadline_exceeded, overloaded.
class category_store {
public:
    explicit category_store(db::pool& db) : db_(db) {}

    awaitable<category_book> read(const uuid& user, deadline d);
    struct versioned_book {
        category_book book;
        std::int64_t budget_version = 0;
    };
    // nullopt: the person has no row.
    awaitable<std::optional<versioned_book>> read_versioned(const uuid& user, deadline d);
    // A category without a row gets one, with version 1, if the book still is of `from` and the key is new; moved: it
    // has one already, too. The person's row must be there.
    awaitable<write_outcome> insert(const uuid& user, const category_entry& e, const state_before& from,
                                    const keyed_answer& answer, deadline d);
    // `e` as it will be, over what was read with `budget_version`. unless_used: not when it is in use, a test of this
    // very write. A name another category has, by the database's word: api_error 409 already_exists.
    awaitable<category_change> put(const uuid& user, const category_entry& e, std::int64_t budget_version,
                                   bool unless_used, deadline d);
    // The row goes, unless it is in use (a transaction, deleted ones too; the plan inputs in force; an opened month).
    awaitable<category_change> remove(const uuid& user, const std::string& id, std::int64_t budget_version, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
