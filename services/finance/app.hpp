// Wiring of the finance service: `shared` is one per process and thread-safe; `app` is one per worker and owns what
// belongs to its thread. Constructors only; what happens is in handlers/.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "core/vitals.hpp"
#include "db/health.hpp"
#include "db/pool.hpp"
#include "finance/accounts/account_store.hpp"
#include "finance/budgets/budget_move_store.hpp"
#include "finance/categories/category_store.hpp"
#include "finance/checkpoints/checkpoint_store.hpp"
#include "finance/feed/feed_store.hpp"
#include "finance/goals/contribution_store.hpp"
#include "finance/ledger/ledger_store.hpp"
#include "finance/ledger/page_cache.hpp"
#include "finance/month/month_cache.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/once/kept_answer_store.hpp"
#include "finance/once/write_once.hpp"
#include "finance/once/write_turns.hpp"
#include "finance/payees/payee_store.hpp"
#include "finance/people/auth_client.hpp"
#include "finance/people/me.hpp"
#include "finance/people/profile_store.hpp"
#include "finance/plan/plan_store.hpp"
#include "finance/settings.hpp"
#include "finance/transfers/transfer_store.hpp"
#include "http/cursor.hpp"
#include "http/instances.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "jwt/revocation_feed.hpp"
#include "jwt/revocations.hpp"
#include "jwt/validator.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace mita::finance {

struct app;

struct shared {
    shared(settings s, std::vector<setting> shown, runtime& rt, logger& to);

    settings set;
    runtime& loops;
    logger& log;
    metrics::registry metrics;
    vitals vital;
    db::schema_watch schema;
    jwt::revocations revoked;
    http::standings auth_known;
    std::unique_ptr<jwt::validator> tokens;  // made in serve: its refetch needs a client
    person_cache persons;
    write_turns turns;
    http::cursor_seal cursors;
    month_cache known_months;
    page_cache pages;
    // What is remembered of the person, after a write or when another node says so.
    void forget(const uuid& user);
    void forget_all();

    std::vector<app*> apps;  // by worker, for health
    jwt::revocation_feed* feed = nullptr;
};

struct app {
    app(shared& all, worker& on);

    // http::dispatcher's concept. Writes are refused with 503 while revocations cannot be read (C7).
    awaitable<void> authenticate(http::request& req, http::access need);
    static std::optional<api_error> explain(const std::exception& e);

    // Cache-first: no SQL and no call when cached. Throws as auth_client and profile_store do.
    awaitable<std::shared_ptr<const person>> find_person(uuid id, deadline d);

    // For write_once.
    write_way way();

    // A database connection, keys, and the revocation feed read once (a feed lost later refuses writes only).
    bool ready() const;
    awaitable<health_report> health();  // on worker 0

    shared& all;
    worker& on;
    db::pool db;
    db::probe db_probe;
    http::instances auth_inside;
    auth_client auth;
    profile_store profiles;
    month_loader months;
    plan_store plans;
    ledger_store ledger;
    category_store categories;
    account_store accounts;
    checkpoint_store checkpoints;
    transfer_store transfers;
    payee_store payees;
    contribution_store contributions;
    budget_move_store budget_moves;
    kept_answer_store kept_answers;
    feed_store feed;
};

}  // namespace mita::finance
