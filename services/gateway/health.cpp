#include "cache/report.hpp"
#include "gateway/app.hpp"
#include "jwt/trust.hpp"

#include <string>

namespace mita::gateway {

bool app::ready() const {
    return !all.loops.stopping() && all.auth_state.ready() && all.finance_state.ready() && all.tokens->can_judge();
}

awaitable<health_report> app::health() {
    health_report r = all.vital.report();
    auto& degradations = all.vital.degradations;
    for (const upstream* u : upstreams()) {
        r.services.emplace_back(u->name, u->state.status());
        auto& each = r.instances.emplace_back(u->name, health_report::named_texts()).second;
        for (auto& i : u->state.instances()) each.emplace_back(std::move(i.address), std::move(i.status));
        degradations.check(r, std::string(u->name) + "_not_healthy", r.services.back().second != "healthy", 1, 0);
    }
    degradations.check(r, "audit_queue_full", all.trail.full(), static_cast<double>(all.trail.waiting()),
                       static_cast<double>(all.set.audit_queue));
    r.unhealthy = !ready();
    r.caches.push_back(cache::health_of("token", all.tokens->cache_stats()));
    jwt::judge_revocations(degradations, r, all.revoked, *all.tokens);
    co_return r;
}

}  // namespace mita::gateway
