#include "http/instances.hpp"

#include "core/runtime.hpp"
#include "core/waiter.hpp"
#include "http/attempt.hpp"
#include "http/unreachable.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

namespace mita::http {

namespace {

using namespace std::chrono_literals;
constexpr auto look_up_again = 5s;
constexpr const char* away = "unreachable";

bool repeatable(const client_request& r) { return r.idempotent || r.method == verb::get; }
bool well(const std::string& status) { return status == "healthy" || status == "degraded"; }

// The "status" member of a service's /health, found by its fixed place at the front.
std::string status_in(std::string_view health) {
    constexpr std::string_view front = "{\"status\":\"";
    if (!health.starts_with(front)) return "unknown";
    health.remove_prefix(front.size());
    return std::string(health.substr(0, health.find('"')));
}

// A round of questions: whoever waits for it may leave at its deadline while answers still come.
struct round {
    round(executor ex, std::size_t asked) : done(ex), left(asked), status(asked, away) {}
    waiter done;
    std::size_t left;
    std::vector<std::string> status;
};

awaitable<void> ask_one(std::shared_ptr<client> at, std::shared_ptr<round> r, std::size_t slot, deadline d) {
    try {
        client_request ask(verb::get, "/health");
        const auto answer = co_await at->send(std::move(ask), d);
        r->status[slot] = status_in(answer.body);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Away: said by its status.
    }
    if (--r->left == 0) r->done.notify();
}

}  // namespace

instances::instances(executor ex, const char* service_, const std::string& at, unsigned connections, standings& shared,
                     logger& log, metrics::registry& metrics)
    : service(service_),
      ex_(ex),
      connections_(connections),
      shared_(shared),
      log_(log),
      metrics_(metrics),
      address_(ex, at, 0),
      ejections_(metrics.make_counter("mita_http_client_ejections_total",
                                      "Instances left out for a while as they failed.",
                                      {{"upstream", service_ + std::string("_internal")}})) {
    follow_addresses();
    if (!all_.empty()) last_ = all_[std::random_device()() % all_.size()];
}

awaitable<void> instances::ask(deadline d) {
    asked_ = true;
    co_await look_up(d);
    if (all_.empty()) co_return;
    const auto asked = all_;
    const auto r = std::make_shared<round>(ex_, asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i)
        spawn_logged(ex_, log_, "ask_instance", ask_one(asked[i]->at, r, i, d));
    co_await r->done.wait(d);
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < asked.size(); ++i) {
        one& it = *asked[i];
        it.status = r->status[i];
        if (it.known->checked(it.status != away, well(it.status), now)) say_ejected(it);
    }
}

// Who starts beside the service hears of it at once; who lost one of them, soon of its return.
std::chrono::milliseconds instances::pause() {
    if (!asked_) return 0ms;
    const auto is_well = [](const one_ptr& o) { return well(o->status); };
    if (std::ranges::all_of(all_, is_well) && !all_.empty()) {
        began_well_ = true;
        return 1'000ms;
    }
    return began_well_ ? 100ms : 10ms;
}

awaitable<client_response> instances::send(client_request r, deadline d) {
    if (all_.empty()) {
        co_await look_up(d.capped(1s));
    }
    one_ptr on = choose(nullptr);
    for (unsigned number = 1;; ++number) {
        if (on == nullptr) throw unreachable("no instance can be asked");
        attempt tried;
        std::optional<client_response> answer;
        const auto begun = deadline::clock::now();
        auto same = r;
        try {
            answer = co_await on->at->send(std::move(same), d);
        } catch (...) {
            tried = failure_of(std::current_exception(), begun);
        }
        if (answer && answer->status < 500) {
            on->known->succeeded();
            last_ = on;
            co_return std::move(*answer);
        }
        if (answer || tried.its_own) failed(*on);
        const bool may = answer ? repeatable(r) : !tried.over && (repeatable(r) || !tried.sent);
        one_ptr other = may && number < most_attempts ? choose(on.get()) : nullptr;
        if (other == nullptr && answer) co_return std::move(*answer);
        if (other == nullptr) std::rethrow_exception(tried.fault);
        on = std::move(other);
    }
}

// Among those that stand best the one that answered last: the feed of revocations is quickest where it is followed.
// Where all are left out one of them is asked all the same: what is wanted here has nobody else, and a service that
// died several times would be missed for half a minute after it came back.
instances::one_ptr instances::choose(const one* but) const {
    const auto now = std::chrono::steady_clock::now();
    one_ptr best;
    auto best_rank = standing::rank::ejected;
    for (const one_ptr& it : all_) {
        const auto rank = it->known->at(now);
        if (it.get() == but) continue;
        if (best != nullptr && (rank > best_rank || (rank == best_rank && it != last_))) continue;
        best = it;
        best_rank = rank;
    }
    return best;
}

// The next call begins with another.
void instances::failed(one& it) {
    if (last_.get() == &it) last_ = choose(&it);
    if (it.known->failed(std::chrono::steady_clock::now())) say_ejected(it);
}

void instances::say_ejected(const one& it) {
    ejections_.add();
    log_.warn("instance_ejected")
        .with("upstream", service + std::string("_internal"))
        .with("address", it.known->address);
}

awaitable<void> instances::look_up(deadline d) {
    const auto now = std::chrono::steady_clock::now();
    if (address_.numeric() || (!all_.empty() && now - looked_up_ < look_up_again)) co_return;
    looked_up_ = now;
    co_await address_.resolve(d);
    follow_addresses();
}

// Who stays keeps its connections.
void instances::follow_addresses() {
    std::vector<one_ptr> now;
    for (const tcp::endpoint& e : address_.endpoints()) {
        auto address = text_of(e);
        const auto same = [&](const one_ptr& o) { return o->known->address == address; };
        if (std::ranges::any_of(now, same)) continue;
        const auto known = std::ranges::find_if(all_, same);
        if (known != all_.end()) {
            now.push_back(*known);
            continue;
        }
        client_options o;
        o.name = service + std::string("_internal");
        o.host = address;
        o.max_connections = connections_;
        const auto& made = now.emplace_back(std::make_shared<one>(shared_.of(address)));
        made->at = std::make_shared<client>(ex_, std::move(o), metrics_);
        made->status = away;
    }
    all_ = std::move(now);
}

std::vector<instance_seen> instances::seen() const {
    std::vector<instance_seen> out;
    for (const one_ptr& o : all_) out.push_back({o->known->address, o->status});
    return out;
}

awaitable<void> instances::close(deadline d) {
    const auto each = all_;
    for (const one_ptr& o : each) {
        co_await o->at->close(d);
    }
}

std::string status_of_all(const std::vector<instance_seen>& seen) {
    if (seen.empty()) return away;
    const auto& first = seen.front().status;
    const bool same = std::all_of(seen.begin(), seen.end(), [&](const instance_seen& s) { return s.status == first; });
    return same ? first : "degraded";
}

}  // namespace mita::http
