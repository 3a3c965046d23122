#include "finance/once/write_turns.hpp"

#include "core/error.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace mita::finance {

struct write_turns::place {
    explicit place(executor ex) : wake(ex) {}
    waiter wake;  // touched on its own worker only
    bool granted = false;
};

// Whatever ends a wait (its turn, the deadline, the end of the process), the line stays whole.
struct write_turns::leave {
    write_turns& gate;
    uuid user;
    std::shared_ptr<place> mine;
    bool taken = false;

    ~leave() {
        gate.waiting_.add(-1);
        if (taken) return;
        bool granted = false;
        {
            const std::lock_guard lock(gate.mutex_);
            granted = mine->granted;
            if (!granted) std::erase(gate.lines_[user], mine);
        }
        if (granted) gate.pass_on(user);
    }
    bool try_take() {
        const std::lock_guard lock(gate.mutex_);
        taken = mine->granted;
        return taken;
    }
};

write_turns::write_turns(metrics::registry& metrics, std::size_t at_most)
    : at_most_(at_most),
      waiting_(metrics.make_gauge("mita_ledger_writers_waiting", "Writes waiting for another of the same person.")),
      refused_(metrics.make_counter("mita_ledger_writers_refused_total", "Writes refused as too many waited.")) {}

write_turns::turn::turn(turn&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), user_(other.user_) {}

write_turns::turn::~turn() {
    if (gate_ != nullptr) gate_->pass_on(user_);
}

awaitable<write_turns::turn> write_turns::enter(uuid user, executor on, deadline d) {
    std::shared_ptr<place> mine;
    {
        const std::lock_guard lock(mutex_);
        const auto [line, first] = lines_.try_emplace(user);
        if (!first) {
            if (line->second.size() >= at_most_) {
                refused_.add();
                throw overloaded("too many writes of one person wait");
            }
            mine = std::make_shared<place>(on);
            line->second.push_back(mine);
        }
    }
    if (!mine) co_return turn(*this, user);
    waiting_.add(1);
    leave line{*this, user, mine};
    co_await mine->wake.wait(d);
    if (!line.try_take()) throw deadline_exceeded("waiting for another write of the same person");
    co_return turn(*this, user);
}

void write_turns::pass_on(const uuid& user) {
    std::shared_ptr<place> next;
    {
        const std::lock_guard lock(mutex_);
        const auto line = lines_.find(user);
        if (line->second.empty()) {
            lines_.erase(line);
            return;
        }
        next = std::move(line->second.front());
        line->second.pop_front();
        next->granted = true;
    }
    const auto on = next->wake.get_executor();
    asio::post(on, [next = std::move(next)] { next->wake.notify(); });
}

write_turns::claim::claim(write_turns& gate, const uuid& user, const std::string& scope, const std::string& key)
    : name_(user.str() + ' ' + scope + ' ' + key) {
    const std::lock_guard lock(gate.mutex_);
    if (gate.keys_.insert(name_).second) gate_ = &gate;
}

write_turns::claim::~claim() {
    if (gate_ == nullptr) return;
    const std::lock_guard lock(gate_->mutex_);
    gate_->keys_.erase(name_);
}

}  // namespace mita::finance
