#include "auth/housekeeping.hpp"

#include "auth/audit/audit_store.hpp"
#include "auth/invitations/invitation_store.hpp"
#include "auth/live_settings.hpp"
#include "auth/one_time/one_time_store.hpp"
#include "auth/people/address_store.hpp"
#include "auth/people/credential_store.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "auth/revocation/revocation_store.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;

constexpr unsigned rows_a_step = 1'000, steps_a_run = 20;
constexpr auto housekeeping_step = 5s;

struct house {
    house(app& all, metrics::registry& r)
        : a(all),
          runs(r.make_counter("mita_auth_housekeeping_runs_total", "Runs of the job that forgets what is over")),
          sessions(r.make_counter("mita_auth_forgotten_total", "Rows forgotten", {{"what", "sessions"}})),
          tokens(r.make_counter("mita_auth_forgotten_total", "Rows forgotten", {{"what", "one_time_tokens"}})),
          networks(r.make_counter("mita_auth_forgotten_total", "Rows forgotten", {{"what", "known_networks"}})),
          factors(r.make_counter("mita_auth_forgotten_total", "Rows forgotten", {{"what", "factors_begun"}})),
          throttles(r.make_counter("mita_auth_forgotten_total", "Rows forgotten", {{"what", "throttles"}})),
          invitations(r.make_counter("mita_auth_forgotten_total", "Rows forgotten", {{"what", "invitations"}})),
          events(r.make_counter("mita_auth_forgotten_total", "Rows forgotten", {{"what", "audit_events"}})),
          revocations(r.make_counter("mita_auth_forgotten_total", "Rows forgotten", {{"what", "revocations"}})) {}
    app& a;
    uuid from{};  // where the next run looks on: the table is walked by key, some of it each time
    metrics::counter &runs, &sessions, &tokens, &networks, &factors, &throttles, &invitations, &events, &revocations;
};

awaitable<void> settle_addresses(app& a) {
    address_store addresses(a.db);
    while (!a.all.loops.stopping()) {
        const auto n = co_await addresses.settle(rows_a_step, deadline::after(housekeeping_step), a.all.log);
        if (n < rows_a_step) co_return;
    }
}

// What refusals are to cost (P7). New kinds come by imports, and go as their people log in.
awaitable<void> learn_kinds(app& a) {
    credential_store credentials(a.db, a.sessions.tokens_live());
    const auto one_of_each = co_await credentials.one_of_each_kind(deadline::after(housekeeping_step));
    a.all.passwords.accounts_have(one_of_each);
}

// Rows of what is over, so many a step, until a step finds fewer; not for ever.
template <class Step>
awaitable<std::uint64_t> in_steps(app& a, Step one) {
    std::uint64_t all = 0;
    for (unsigned step = 0; step < steps_a_run && !a.all.loops.stopping(); ++step) {
        const std::int64_t n = co_await one(deadline::after(housekeeping_step));
        all += static_cast<std::uint64_t>(n);
        if (n < rows_a_step) break;
    }
    co_return all;
}

awaitable<void> tidy(std::shared_ptr<house> h) {
    co_await settle_addresses(h->a);
    co_await learn_kinds(h->a);
    revocation_store revoked(h->a.db);
    const auto more_revoked = [&revoked](deadline d) { return revoked.prune(rows_a_step, d); };
    const auto heard = co_await in_steps(h->a, more_revoked);
    h->revocations.add(heard);
    one_time_store tokens(h->a.db);
    const auto moved = co_await clock_moved(h->a.db, deadline::after(housekeeping_step));
    const auto over = co_await tokens.prune(rows_a_step * steps_a_run, moved, deadline::after(housekeeping_step));
    h->tokens.add(static_cast<std::uint64_t>(over));
    throttle_store slowed(h->a.db);
    const auto calm = co_await slowed.prune(rows_a_step * steps_a_run, deadline::after(housekeeping_step));
    h->throttles.add(static_cast<std::uint64_t>(calm));
    const auto more_networks = [&slowed](deadline d) { return slowed.prune_networks(rows_a_step, d); };
    const auto networks = co_await in_steps(h->a, more_networks);
    h->networks.add(networks);
    const auto more_begun = [&](deadline d) { return h->a.factors.prune_begun(rows_a_step, d); };
    const auto begun = co_await in_steps(h->a, more_begun);
    h->factors.add(begun);
    invitation_store invitations(h->a.db);
    const auto past = co_await invitations.prune(rows_a_step * steps_a_run, deadline::after(housekeeping_step));
    h->invitations.add(static_cast<std::uint64_t>(past));
    audit_store trail(h->a.db);
    const auto kept = live(h->a.all.set.audit_kept);
    const auto more_old = [&trail, kept](deadline d) { return trail.prune(kept, rows_a_step, d); };
    const auto old = co_await in_steps(h->a, more_old);
    h->events.add(old);
    for (unsigned step = 0; step < steps_a_run && !h->a.all.loops.stopping(); ++step) {
        const auto done = co_await h->a.sessions.sweep(h->from, rows_a_step, deadline::after(housekeeping_step));
        h->sessions.add(static_cast<std::uint64_t>(done.deleted));
        h->from = done.next.value_or(uuid());
        if (!done.next) break;
    }
    h->runs.add();
}

}  // namespace

void keep_house(runtime& loops, app& a) {
    loops.spawn(0, "settle_addresses", [&a] { return settle_addresses(a); });
    loops.spawn(0, "learn_kinds", [&a] { return learn_kinds(a); });
    const auto h = std::make_shared<house>(a, a.all.metrics);
    loops.every(0, "housekeeping", a.all.set.housekeeping, [h] { return tidy(h); });
}

}  // namespace mita::auth
