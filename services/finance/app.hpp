// Wiring of the finance service: `shared` is one per process and thread-safe; `app` is one per worker and owns what
// belongs to its thread. Constructors only; what happens is in handlers/.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "core/vitals.hpp"
#include "db/health.hpp"
#include "db/pool.hpp"
#include "finance/category_store.hpp"
#include "finance/facts_store.hpp"
#include "finance/invalidations.hpp"
#include "finance/ledger_gate.hpp"
#include "finance/ledger_memory.hpp"
#include "finance/ledger_store.hpp"
#include "finance/person.hpp"
#include "finance/plan_store.hpp"
#include "finance/settings.hpp"
#include "finance/user_store.hpp"
#include "http/client.hpp"
#include "http/cursor.hpp"
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
    std::unique_ptr<jwt::validator> tokens;  // made in serve: its refetch needs a client
    person_cache persons;
    ledger_gate gate;
    http::cursor_seal cursors;
    ledger_cache ledgers;
    page_cache pages;
    std::vector<app*> apps;  // by worker, for health
    jwt::revocation_feed* feed = nullptr;
    std::atomic<bool> fed{false};  // the revocation feed has been read once: writes can be accepted
};

struct app {
    app(shared& all, worker& on);

    // http::dispatcher's concept. Writes are refused with 503 while revocations cannot be read (C7).
    awaitable<void> authenticate(http::request& req, http::access need);
    static std::optional<api_error> explain(const std::exception& e);

    // Cache-first: no SQL and no call when cached. Throws as account_client and user_store do.
    awaitable<std::shared_ptr<const person>> find_person(uuid id, deadline d);

    // A database connection, keys, and the revocation feed read once (a feed lost later refuses writes only).
    bool ready() const;
    awaitable<health_report> health();  // on worker 0

    shared& all;
    worker& on;
    db::pool db;
    db::probe db_probe;
    http::client auth_inside;
    account_client accounts;
    user_store users;
    facts_store facts_of;
    plan_store plans;
    ledger_store ledger;
    category_store categories;
};

}  // namespace mita::finance
