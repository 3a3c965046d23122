// The instances behind a service's internal name: every address it resolves to, asked for its health each by itself.
// A name may change its addresses: they are looked up again every few seconds. What a process itself wants of the
// service (keys, revocations, the trail, who a person is) goes to the one that answered last, or to another while that
// one fails, is not well or is left out. One for each worker; how its instances stand, which one of them asks, all
// know.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "http/client.hpp"
#include "http/client_address.hpp"
#include "http/standing.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace mita::http {

struct instance_seen {
    std::string address, status;  // host:port; of its /health, or unreachable
};

class instances final : public sender {
public:
    // service: a literal; at: as client_address takes it; connections: at most, to each.
    instances(executor ex, const char* service, const std::string& at, unsigned connections, standings& shared,
              logger& log, metrics::registry& metrics);

    const char* const service;

    struct one {
        explicit one(std::shared_ptr<standing> s) : known(std::move(s)) {}
        const std::shared_ptr<standing> known;  // and its address
        std::shared_ptr<client> at;
        std::string status;  // of its /health, or unreachable
    };
    using one_ptr = std::shared_ptr<one>;
    awaitable<void> ask(deadline d);    // all of them beside each other
    std::chrono::milliseconds pause();  // until they should be asked again
    const std::vector<one_ptr>& all() const { return all_; }
    std::vector<instance_seen> seen() const;
    // What may be repeated, or was not sent, is asked of another after a failure, a 5xx among them.
    awaitable<client_response> send(client_request r, deadline d) override;
    awaitable<void> close(deadline d);

private:
    awaitable<void> look_up(deadline d);
    void follow_addresses();
    one_ptr choose(const one* but) const;
    void failed(one& it);
    void say_ejected(const one& it);

    executor ex_;
    const unsigned connections_;
    standings& shared_;
    logger& log_;
    metrics::registry& metrics_;
    client_address address_;
    std::chrono::steady_clock::time_point looked_up_{};
    std::vector<one_ptr> all_;
    one_ptr last_;  // answered last
    bool asked_ = false, began_well_ = false;
    metrics::counter& ejections_;
};

// What a service is as a whole: the one status of all its instances, else degraded; unreachable without any.
std::string status_of_all(const std::vector<instance_seen>& seen);

}  // namespace mita::http
