// The rows of `users`: made lazily by a person's first call, changed by PATCH /v1/me, erased with the account.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/people/profile.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

// What PATCH /v1/me may change here; an absent member stays.
struct profile_change {
    std::optional<std::string> timezone, currency, locale, region;
    std::optional<bool> cover;
};

enum class change_result { done, stale, currency_in_use };

// Throws db::error, deadline_exceeded, overloaded.
class profile_store {
public:
    explicit profile_store(db::pool& db) : db_(db) {}

    // nullopt: the person has no row yet.
    awaitable<std::optional<profile>> find(uuid id, deadline d);
    // Makes the row with the defaults when there is none.
    awaitable<profile> require(uuid id, deadline d);
    // Writes when `version` is still the row's, moves version and budget_version on, and tells every node to forget the
    // person. covers_from: the day from which cover is switched, with a new revision of its month and of every month
    // opened after it.
    awaitable<change_result> change(uuid id, std::int64_t version, const profile_change& what,
                                    std::optional<civil_day> covers_from, deadline d);
    // Whose address is another at auth, with the number auth told it by: each that was not told by this number yet
    // moves its version on, and every node forgets the person.
    awaitable<void> login_changed(const std::vector<uuid>& people, const std::vector<std::int64_t>& numbers,
                                  deadline d);
    // Everything of the person, in steps of bounded size; false when the deadline came before the end (call again).
    awaitable<bool> erase(uuid id, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
