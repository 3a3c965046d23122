#include "gateway/upstream/instances.hpp"

#include "core/runtime.hpp"
#include "core/waiter.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

namespace mita::gateway {

namespace {

using namespace std::chrono_literals;
constexpr auto look_up_again = 5s;
constexpr unsigned connections_each = 2;
constexpr const char* away = "unreachable";

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

awaitable<void> ask_one(std::shared_ptr<http::client> at, std::shared_ptr<round> r, std::size_t slot, deadline d) {
    try {
        http::client_request ask(http::verb::get, "/health");
        const auto answer = co_await at->send(std::move(ask), d);
        r->status[slot] = status_in(answer.body);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Away: said by its status.
    }
    if (--r->left == 0) r->done.notify();
}

}  // namespace

instances::instances(executor ex, const char* service_, const std::string& at, logger& log, metrics::registry& metrics)
    : service(service_), ex_(ex), log_(log), metrics_(metrics), address_(ex, at, 0) {
    follow_addresses();
}

awaitable<void> instances::ask(deadline d) {
    co_await look_up(d);
    if (all_.empty()) co_return;
    const auto r = std::make_shared<round>(ex_, all_.size());
    for (std::size_t i = 0; i < all_.size(); ++i) spawn_logged(ex_, log_, "ask_instance", ask_one(all_[i].at, r, i, d));
    co_await r->done.wait(d);
    for (std::size_t i = 0; i < all_.size(); ++i) all_[i].status = r->status[i];
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
    std::vector<one> now;
    for (const tcp::endpoint& e : address_.endpoints()) {
        auto address = http::text_of(e);
        const auto same = [&](const one& o) { return o.address == address; };
        if (std::find_if(now.begin(), now.end(), same) != now.end()) continue;
        const auto known = std::find_if(all_.begin(), all_.end(), same);
        if (known != all_.end()) {
            now.push_back(std::move(*known));
            all_.erase(known);
            continue;
        }
        http::client_options o;
        o.name = service + std::string("_internal");
        o.host = address;
        o.max_connections = connections_each;
        now.push_back({std::move(address), std::make_shared<http::client>(ex_, std::move(o), log_, metrics_), away});
    }
    all_ = std::move(now);
}

std::vector<instance_seen> instances::seen() const {
    std::vector<instance_seen> out;
    for (const one& o : all_) out.push_back({o.address, o.status});
    return out;
}

awaitable<void> instances::close(deadline d) {
    for (const one& o : all_) {
        co_await o.at->close(d);
    }
}

std::string status_of_all(const std::vector<instance_seen>& seen) {
    if (seen.empty()) return away;
    const auto& first = seen.front().status;
    const bool same = std::all_of(seen.begin(), seen.end(), [&](const instance_seen& s) { return s.status == first; });
    return same ? first : "degraded";
}

}  // namespace mita::gateway
