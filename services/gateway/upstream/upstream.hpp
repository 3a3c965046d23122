// A service behind the gateway, as a value: its instances, how they fare, what was sent to it. `upstream_state` is one
// per process, `upstream` one per worker, with connections of its own to each instance. A request goes to the instance
// with the fewest of ours under way among those that stand best (http/standing.hpp); among equals to the one whose
// caches know the person who asks. Used by the pass through the proxy, the probe and the health report.
#pragma once

#include "core/config.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/principal.hpp"
#include "http/client.hpp"
#include "http/client_address.hpp"
#include "http/client_stream.hpp"
#include "http/instances.hpp"
#include "http/standing.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::gateway {

struct upstream_place {
    const char* name;  // a literal: label of metrics, member of /health
    std::vector<config::endpoint> outside, inside;
    unsigned connections;  // at most, per worker and instance
};

// What the last probe said, and how each instance stands. Any thread; one writer.
class upstream_state {
public:
    bool ready() const { return ready_; }
    std::string status() const;  // of all instances
    std::vector<http::instance_seen> instances() const;
    // True when `ready` changed.
    bool set(bool ready, std::string status, std::vector<http::instance_seen> instances);

    http::standings each;

private:
    std::atomic<bool> ready_{false};
    mutable std::mutex mutex_;
    std::string status_ = "unreachable";
    std::vector<http::instance_seen> instances_;
};

// One instance, as one worker sees it.
struct instance {
    instance(std::shared_ptr<http::standing> s, executor ex, http::client_options o, metrics::registry& metrics)
        : known(std::move(s)),
          streams(ex, for_streams(o), metrics),
          at(ex, std::move(o), metrics),
          address_hash_(hash_of(known->address)) {}
    // Whose weight is the greatest has the person for its own (rendezvous hashing): the same at every gateway, and when
    // an instance comes or goes, only its own people change theirs.
    std::uint64_t weight_for(const uuid& person) const;
    static http::client_options for_streams(http::client_options o);
    const std::shared_ptr<http::standing> known;
    http::stream_client streams;
    http::client at;
    unsigned busy = 0;  // requests of ours under way

private:
    static std::uint64_t hash_of(std::string_view address);
    const std::uint64_t address_hash_;
};
using instance_ptr = std::shared_ptr<instance>;

// An instance that a request is on its way to; empty: none.
class errand {
public:
    errand() = default;
    explicit errand(instance_ptr to) : to_(std::move(to)) {
        if (to_ != nullptr) ++to_->busy;
    }
    errand(errand&& o) noexcept : to_(std::move(o.to_)) {}
    errand& operator=(errand&& o) noexcept {
        std::swap(to_, o.to_);
        return *this;
    }
    ~errand() {
        if (to_ != nullptr) --to_->busy;
    }
    explicit operator bool() const { return to_ != nullptr; }
    instance* operator->() const { return to_.get(); }
    instance& operator*() const { return *to_; }
    const instance_ptr& kept() const { return to_; }

private:
    instance_ptr to_;
};

class upstream {
public:
    upstream(executor ex, const upstream_place& at, upstream_state& shared, logger& log, metrics::registry& metrics);

    // Whom to ask, another than `but`; empty: nobody can be asked now. person: on whose behalf, null if on nobody's;
    // one more under way than the least counts as the least for a person's own instance, no more than that: whoever
    // asks, nobody gets a request who has two more than another that stands as well.
    errand choose(const principal* person, const instance* but = nullptr);
    // The person's request to `failed` ended without an answer. Whom to ask instead, when it may be asked `again`:
    // nobody (empty) but another, and what may have been `sent` only within a budget of a tenth of all requests.
    errand instead_of(const instance& failed, const principal* person, bool again, bool sent);
    void note_failure(const instance& it);
    void note_check(const instance& it, bool reached, bool ready);

    // Follows the names it was given: new instances join, who is gone is asked no more. Home to every worker.
    awaitable<void> look_up(deadline d);
    bool has_names() const { return !address_.numeric(); }
    const std::vector<instance_ptr>& all() const { return all_; }

    void answered(std::chrono::steady_clock::duration took);
    void failed() { failed_.add(); }
    http::client::stats connections() const;  // of all instances; any thread
    awaitable<void> close(deadline d);

    const char* const name;
    upstream_state& state;
    const std::string inside_at;  // the internal listener; as http::client_address takes it

private:
    void follow();
    void say_ejected(const instance& it);

    executor ex_;
    logger& log_;
    metrics::registry& metrics_;
    const unsigned most_connections_;
    http::client_address address_;
    std::vector<instance_ptr> all_;  // changed under mutex_, by this worker alone
    mutable std::mutex mutex_;
    std::size_t turn_ = 0;
    double budget_;  // retries
    metrics::counter &answered_, &failed_, &retries_, &ejections_;
    metrics::histogram& time_;
};

}  // namespace mita::gateway
