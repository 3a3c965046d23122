// The person's own rows of `categories`: what they changed or added over the built-in taxonomy. A change moves
// budget_version on (calendars show names and classes) and tells every node to forget the person.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/once/keyed_sql.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mita::finance {

// Throws db::error, deadline_exceeded, overloaded.
class category_store {
public:
    explicit category_store(db::pool& db) : db_(db) {}

    awaitable<category_book> read(const uuid& user, deadline d);
    // As one statement of a batch; book_from reads its result.
    static void add_reading(db::batch& to, const uuid& user);
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
    // `e` replaces the version before it; false: that is not the current one any more.
    awaitable<bool> change(const uuid& user, const category_entry& e, deadline d);
    // Only when `version` is current.
    awaitable<bool> remove(const uuid& user, const std::string& id, std::int64_t version, deadline d);
    // Is it in a transaction, in the plan inputs in force or in an opened month?
    awaitable<bool> in_use(const uuid& user, const std::string& id, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
