#include "gateway/upstream/upstream.hpp"

#include "core/http_endpoints.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace mita::gateway {

namespace {

constexpr double most_budget = 100, first_budget = 20, budget_a_request = 0.1;

http::client_options options(std::string name, std::string where, unsigned connections) {
    http::client_options o;
    o.name = std::move(name);
    o.host = std::move(where);
    o.max_connections = connections;
    return o;
}

metrics::counter& forwarded(metrics::registry& r, const char* to, const char* outcome) {
    return r.make_counter("mita_gateway_upstream_requests_total", "Requests sent on, by upstream and outcome",
                          {{"upstream", to}, {"outcome", outcome}});
}

// Every bit of the answer depends on every bit of x (the finalizer of MurmurHash3).
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
    return x ^ (x >> 33);
}

}  // namespace

// FNV-1a.
std::uint64_t instance::hash_of(std::string_view address) {
    std::uint64_t h = 0xcbf29ce484222325;
    for (const char c : address) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return h;
}

std::uint64_t instance::weight_for(const uuid& person) const {
    std::uint64_t half[2];
    static_assert(sizeof half == sizeof person.bytes);
    std::memcpy(half, person.bytes.data(), sizeof half);
    return mixed(half[0] ^ mixed(half[1] ^ address_hash_));
}

// As many as there are places for in the process.
http::client_options instance::for_streams(http::client_options o) {
    o.name += "_streams";
    o.max_connections = std::numeric_limits<unsigned>::max();
    return o;
}

std::string upstream_state::status() const {
    const std::scoped_lock lock(mutex_);
    return status_;
}

std::vector<http::instance_seen> upstream_state::instances() const {
    const std::scoped_lock lock(mutex_);
    return instances_;
}

bool upstream_state::set(bool ready, std::string status, std::vector<http::instance_seen> instances) {
    const std::scoped_lock lock(mutex_);
    status_ = std::move(status);
    instances_ = std::move(instances);
    return ready_.exchange(ready) != ready;
}

upstream::upstream(executor ex, const upstream_place& at, upstream_state& shared, logger& log,
                   metrics::registry& metrics)
    : name(at.name),
      state(shared),
      inside_at(joined(at.inside)),
      ex_(ex),
      log_(log),
      metrics_(metrics),
      most_connections_(at.connections),
      address_(ex, joined(at.outside), 0),
      budget_(first_budget),
      answered_(forwarded(metrics, at.name, "answered")),
      failed_(forwarded(metrics, at.name, "failed")),
      retries_(metrics.make_counter("mita_gateway_retries_total", "Requests sent again, to another instance",
                                    {{"upstream", at.name}})),
      ejections_(metrics.make_counter("mita_gateway_ejections_total", "Instances left out for a while as they failed",
                                      {{"upstream", at.name}})),
      time_(metrics.make_histogram("mita_gateway_upstream_duration_seconds", "Time of an upstream's answer",
                                   {{"upstream", at.name}})) {
    follow();
}

errand upstream::choose(const principal* person, const instance* but) {
    budget_ = std::min(most_budget, budget_ + budget_a_request);
    if (all_.size() == 1 && but == nullptr && all_[0]->known->untroubled()) return errand(all_[0]);
    const auto now = std::chrono::steady_clock::now();
    const auto rank_of = [now, but](const instance& i) {
        const auto rank = &i == but ? http::standing::rank::ejected : i.known->at(now);
        const bool full = rank == http::standing::rank::returning && i.busy >= i.known->at_once();
        return full ? http::standing::rank::unready : rank;
    };
    const instance_ptr* best = nullptr;
    auto best_rank = http::standing::rank::ejected;
    for (std::size_t n = 0; n < all_.size(); ++n) {
        const instance_ptr& it = all_[(turn_ + n) % all_.size()];
        const auto rank = rank_of(*it);
        if (rank == http::standing::rank::ejected) continue;
        if (best != nullptr && (rank > best_rank || (rank == best_rank && it->busy >= (*best)->busy))) continue;
        best = &it;
        best_rank = rank;
    }
    ++turn_;
    if (best == nullptr) return {};
    if (person == nullptr) return errand(*best);
    const unsigned most = (*best)->busy + 1;
    std::uint64_t weight = 0;
    for (const instance_ptr& it : all_) {
        if (it->busy > most || rank_of(*it) != best_rank) continue;
        const std::uint64_t its = it->weight_for(person->user_id);
        if (its < weight) continue;
        best = &it;
        weight = its;
    }
    return errand(*best);
}

errand upstream::instead_of(const instance& failed, const principal* person, bool again, bool sent) {
    if (!again || (sent && budget_ < 1)) return {};
    errand other = choose(person, &failed);
    if (other && sent) {
        budget_ -= 1;
        retries_.add();
    }
    return other;
}

void upstream::note_failure(const instance& it) {
    if (it.known->failed(std::chrono::steady_clock::now())) say_ejected(it);
}

void upstream::note_check(const instance& it, bool reached, bool ready) {
    if (it.known->checked(reached, ready, std::chrono::steady_clock::now())) say_ejected(it);
}

void upstream::say_ejected(const instance& it) {
    ejections_.add();
    log_.warn("instance_ejected").with("upstream", name).with("address", it.known->address);
}

awaitable<void> upstream::look_up(deadline d) {
    co_await address_.resolve(d);
    follow();
}

// Who stays keeps its connections; a request under way to one that is gone still gets its answer.
void upstream::follow() {
    std::vector<instance_ptr> now;
    for (const tcp::endpoint& e : address_.endpoints()) {
        auto where = http::text_of(e);
        const auto same = [&](const instance_ptr& i) { return i->known->address == where; };
        if (std::ranges::any_of(now, same)) continue;
        const auto known = std::ranges::find_if(all_, same);
        if (known != all_.end()) {
            now.push_back(*known);
            continue;
        }
        now.push_back(
            std::make_shared<instance>(state.each.of(where), ex_, options(name, where, most_connections_), metrics_));
    }
    const std::scoped_lock lock(mutex_);
    all_ = std::move(now);
}

void upstream::answered(std::chrono::steady_clock::duration took) {
    answered_.add();
    time_.observe(std::chrono::duration<double>(took).count());
}

http::client::stats upstream::connections() const {
    const std::scoped_lock lock(mutex_);
    http::client::stats sum;
    for (const instance_ptr& i : all_) {
        const auto one = i->at.snapshot();
        sum.idle += one.idle;
        sum.busy += one.busy;
        sum.waiting += one.waiting;
    }
    return sum;
}

awaitable<void> upstream::close(deadline d) {
    const auto each = all_;
    for (const instance_ptr& i : each) {
        co_await i->streams.close(d);
        co_await i->at.close(d);
    }
}

}  // namespace mita::gateway
