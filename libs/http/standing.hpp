// What is known of one instance of a service, whoever learned it: how its last requests ended, what the last check
// said. Who fails again and again is left out for a while, and comes back slowly. `standing` is one per address and
// process, `standings` one per service; any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace mita::http {

class standing {
public:
    using time = std::chrono::steady_clock::time_point;
    // From the best to the worst. returning: few requests at once; unready: only if there is no other; ejected: none.
    enum class rank : std::uint8_t { good, returning, unready, ejected };

    explicit standing(std::string where) : address(std::move(where)) {}

    rank at(time now) const;
    bool untroubled() const { return returning_ == 0 && !unready_; }  // good at any time
    unsigned at_once() const { return returning_; }                   // while returning, per worker

    void succeeded() {  // answered a request whole
        if (failures_ != 0) failures_ = 0;
        if (returning_ != 0) came_back_a_step();
    }
    // True when it is ejected by this: after five in a row, or one while it returns; for a second, then twice as long
    // each time, half a minute at most.
    bool failed(time now);
    // What a check found: did it answer, is it ready? True as above. An ejection ends early when a check finds it
    // ready that could not be reached before, or when it is the first.
    bool checked(bool reached, bool ready, time now);

    const std::string address;  // host:port

private:
    void came_back_a_step();

    std::atomic<unsigned> failures_{0};   // in a row
    std::atomic<unsigned> times_{0};      // ejected since it last was good
    std::atomic<unsigned> returning_{0};  // 0: all the way
    std::atomic<std::int64_t> until_{0};  // of the ejection, ns
    std::atomic<bool> unready_{false}, away_{false};
};

class standings {
public:
    std::shared_ptr<standing> of(const std::string& address);
    // 0: closed, 1: half open (whom it can ask are on trial), 2: open (nobody can be asked).
    int circuit(std::chrono::steady_clock::time_point now) const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::weak_ptr<standing>> all_;
};

}  // namespace mita::http
