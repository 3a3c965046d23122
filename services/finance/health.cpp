// /health of the finance service: what it adds to what every service says.
#include "cache/report.hpp"
#include "finance/app.hpp"
#include "jwt/trust.hpp"

namespace mita::finance {

awaitable<health_report> app::health() {
    health_report r = all.vital.report();
    co_await db::describe(r, all.vital.degradations, db_probe, all.apps, all.schema);
    r.unhealthy = r.db->status != "connected" || !all.schema.ready() || !all.tokens->has_keys();
    const auto users_seen = all.persons.snapshot();
    r.caches.push_back(cache::health_of("user", users_seen));
    r.caches.push_back(cache::health_of("ledger", all.known_months.snapshot()));
    r.caches.push_back(cache::health_of("page", all.pages.snapshot()));
    r.caches.push_back(cache::health_of("token", all.tokens->cache_stats()));
    r.notes.emplace_back("revocation_feed", all.feed->connected() ? "connected" : "disconnected");

    auto& degradations = all.vital.degradations;
    cache::judge_hits(degradations, r, "user", users_seen);
    jwt::judge_revocations(degradations, r, all.revoked, *all.tokens);
    co_return r;
}

}  // namespace mita::finance
