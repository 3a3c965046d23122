// The rows of `payees` and the words that mean them. Each write is judged by what was read of a ledger_version and a
// budget_version, and happens while they hold; it moves ledger_version on. Transactions find and make payees by a
// trigger (016_payees.sql). Used by the handlers of payees and transactions.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/once/writer.hpp"
#include "finance/payees/payee.hpp"
#include "finance/payees/payee_meant.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

struct payee_filter {
    std::string prefix;  // of the name's word; empty: all
    std::optional<bool> archived;
};
// By the first hundred characters of the name's word, then by id.
struct payee_place {
    std::string word;
    uuid id;
};

// Throws db::error, deadline_exceeded, overloaded.
class payee_store {
public:
    explicit payee_store(db::pool& db) : db_(db) {}

    struct known {
        state_before version;
        std::vector<payee> found;        // of those asked for, in no order, merged ones too
        std::optional<uuid> word_means;  // of the word asked for
    };
    // nullopt: the person has no row yet.
    awaitable<std::optional<known>> read(const uuid& user, const std::vector<uuid>& ids, std::string word, deadline d);

    struct page {
        std::vector<payee> entries;
        std::optional<payee_place> next;
        std::int64_t ledger_version = 0;  // 0: the person has no row yet
    };
    awaitable<page> list(const uuid& user, const payee_filter& filter, const std::optional<payee_place>& from,
                         int limit, deadline d);

    // Whom these words mean; a word that means nobody yet is not among them.
    awaitable<payees_meant> meant(const uuid& user, const std::vector<std::string>& words, deadline d);

    // Throws api_error 409 already_exists for an id that is taken, or a name.
    awaitable<write_outcome> insert(const uuid& user, const payee& p, const state_before& from,
                                    const keyed_answer& answer, deadline d);
    // The name's word must be nobody else's. false: something moved.
    awaitable<bool> change(const uuid& user, const payee& p, const state_before& from, deadline d);
    // With its words and what was merged into it. false: something moved.
    awaitable<bool> remove(const uuid& user, const uuid& id, const state_before& from, deadline d);

    // How much is or was booked with these, at most `most`.
    awaitable<std::int64_t> booked(const uuid& user, const std::vector<uuid>& ids, std::int64_t most, deadline d);
    // Their words mean `into` from now on, what was booked with them is booked with it.
    awaitable<write_outcome> merge(const uuid& user, const uuid& into, const std::vector<uuid>& from,
                                   const state_before& judged_by, const keyed_answer& answer, writer by, deadline d);

    struct way_back {
        std::optional<uuid> root;   // what it is part of now, over all merges since
        std::int64_t bookings = 0;  // that go with it, at most `most`
        bool named_alike = false;   // the root has a name by now that goes with it
    };
    awaitable<way_back> find_way_back(const uuid& user, const uuid& id, std::int64_t most, deadline d);
    // Its words, and those of what was merged into it, mean it again, and what was booked with them.
    awaitable<write_outcome> unmerge(const uuid& user, const uuid& id, const uuid& root, const state_before& judged_by,
                                     const keyed_answer& answer, writer by, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
