// Lets the ledger writes of one person through one after the other, in the order they came, over all workers of this
// process: parallel writes of one person would else refuse each other by the version they expect. Across processes the
// version alone decides. Also knows which idempotency keys are being worked on here. Thread-safe; one per process.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "core/metrics.hpp"
#include "core/waiter.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace mita::finance {

class write_turns {
    struct place;

public:
    // at_most: waiting per person; beyond: overloaded.
    explicit write_turns(metrics::registry& metrics, std::size_t at_most = 64);
    write_turns(const write_turns&) = delete;
    write_turns& operator=(const write_turns&) = delete;

    // One's turn, until destroyed. The gate outlives it.
    class turn {
    public:
        turn(turn&& other) noexcept;
        turn& operator=(turn&&) = delete;
        ~turn();

    private:
        friend class write_turns;
        turn(write_turns& gate, const uuid& user) : gate_(&gate), user_(user) {}
        write_turns* gate_;
        uuid user_;
    };
    // Throws overloaded when too many wait, deadline_exceeded when the turn did not come in time.
    awaitable<turn> enter(uuid user, executor on, deadline d);

    // A key being worked on, until destroyed.
    class claim {
    public:
        claim(write_turns& gate, const uuid& user, const std::string& scope, const std::string& key);
        claim(const claim&) = delete;
        claim& operator=(const claim&) = delete;
        ~claim();
        bool first() const { return gate_ != nullptr; }  // false: somebody else is working on it

    private:
        write_turns* gate_ = nullptr;
        std::string name_;
    };

private:
    struct leave;
    void pass_on(const uuid& user);  // lets the next one in

    std::size_t at_most_;
    metrics::gauge& waiting_;
    metrics::counter& refused_;
    std::mutex mutex_;
    std::unordered_map<uuid, std::deque<std::shared_ptr<place>>> lines_;  // of people whose ledger is being written
    std::unordered_set<std::string> keys_;
};

}  // namespace mita::finance
