#include "finance/app.hpp"

#include "cache/report.hpp"
#include "core/http_endpoints.hpp"
#include "db/explain.hpp"
#include "finance/migrations.hpp"
#include "finance/wire/refusals.hpp"
#include "jwt/bearer.hpp"
#include "jwt/trust.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

constexpr unsigned auth_connections = 8;

cache::options of_size(std::size_t bytes) {
    cache::options o;
    o.max_bytes = bytes;
    o.ttl = std::chrono::minutes(5);
    return o;
}

}  // namespace

shared::shared(settings s, std::vector<setting> shown, runtime& rt, logger& to)
    : set(std::move(s)),
      loops(rt),
      log(to),
      vital("finance", set, std::move(shown), rt, log, metrics),
      schema(migrations().back().number),
      persons(of_size(set.user_cache_bytes)),
      turns(metrics),
      cursors(set.cursor_secret),
      known_months(of_size(set.ledger_cache_bytes)),
      pages(of_size(set.page_cache_bytes)) {
    cache::export_stats(metrics, "user", [this] { return persons.snapshot(); });
    cache::export_stats(metrics, "ledger", [this] { return known_months.snapshot(); });
    cache::export_stats(metrics, "page", [this] { return pages.snapshot(); });
    cache::export_stats(metrics, "token", [this] { return tokens ? tokens->cache_stats() : cache::stats(); });
    jwt::export_revocation_lag(metrics, "finance", revoked);
}

void shared::forget(const uuid& user) {
    persons.invalidate(user);
    known_months.invalidate(user);
}

void shared::forget_all() {
    persons.clear();
    known_months.clear();
}

app::app(shared& all_, worker& on_)
    : all(all_),
      on(on_),
      db(on_.get_executor(), all_.set.database.options(), all_.log, all_.metrics),
      db_probe(on_.get_executor(), db),
      auth_inside(on_.get_executor(), "auth", joined(all_.set.auth_internal), auth_connections, all_.auth_known,
                  all_.log, all_.metrics),
      auth(auth_inside, all_.set.internal_token),
      profiles(db),
      months(db),
      plans(db),
      ledger(db),
      categories(db),
      accounts(db),
      checkpoints(db),
      transfers(db),
      payees(db),
      contributions(db),
      budget_moves(db),
      kept_answers(db),
      feed(db) {}

awaitable<void> app::authenticate(http::request& req, http::access need) {
    const bool writes = req.method != http::verb::get && req.method != http::verb::head;
    co_await jwt::authenticate(*all.tokens, req, need, all.set.internal_token, secret(), writes);
}

std::optional<api_error> app::explain(const std::exception& e) {
    if (const auto* fault = dynamic_cast<const db::error*>(&e); fault != nullptr) {
        if (fault->is_check_violation("day_actual_range") || fault->is_check_violation("day_actual_received") ||
            fault->is_check_violation("money_amount_range") || fault->sqlstate == "22003")
            return amount_overflow();
        if (fault->is_check_violation("transfers_whole") || fault->is_check_violation("transaction_lines_named"))
            return api_error(409, "transfer_leg", "It is a leg of a transfer: change the transfer.");
    }
    return db::explain(e);
}

awaitable<std::shared_ptr<const person>> app::find_person(uuid id, deadline d) {
    const auto load = [this](uuid key, deadline until) -> awaitable<std::shared_ptr<const person>> {
        auto own = co_await profiles.require(key, until);
        auto login = co_await auth.find(key, until);
        co_return make_person(std::move(own), std::move(login));
    };
    co_return co_await all.persons.get(id, load, d);
}

write_way app::way() { return {all.turns, kept_answers, on.get_executor()}; }

bool app::ready() const {
    const bool connected = std::all_of(all.apps.begin(), all.apps.end(), [](const app* a) { return a->db.ready(); });
    return !all.loops.stopping() && connected && all.schema.ready() && all.tokens->can_judge();
}

}  // namespace mita::finance
