#include "finance/people/changed_logins.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t at_once = 500;
constexpr std::chrono::milliseconds hearing{500};  // revocations wait meanwhile

}  // namespace

changed_logins::changed_logins(profile_store& profiles, std::function<void(const uuid&)> forget,
                               metrics::registry& metrics)
    : profiles_(profiles),
      forget_(std::move(forget)),
      waiting_(metrics.make_gauge("mita_changed_logins_waiting",
                                  "People whose address changed at auth and whose profile has not moved yet.")) {}

awaitable<void> changed_logins::hear(std::vector<jwt::revocation> entries) {
    for (const auto& e : entries) {
        const auto id = uuid::parse(e.id);
        if (!id) continue;
        forget_(*id);
        left_[*id] = e.sequence;  // in the order of the feed, also when its numbers began anew
    }
    waiting_.set(static_cast<std::int64_t>(left_.size()));
    const auto until = deadline::after(hearing);
    bool more = true;
    while (more) {
        more = co_await write_some(until);
    }
}

awaitable<bool> changed_logins::write_some(deadline d) {
    std::vector<uuid> people;
    std::vector<std::int64_t> numbers;
    for (const auto& [id, number] : left_) {
        if (people.size() == at_once) break;
        people.push_back(id);
        numbers.push_back(number);
    }
    if (people.empty()) co_return false;
    co_await profiles_.login_changed(people, numbers, d);
    for (std::size_t i = 0; i < people.size(); ++i) {
        forget_(people[i]);  // what was read between the two
        const auto at = left_.find(people[i]);
        if (at != left_.end() && at->second == numbers[i]) left_.erase(at);
    }
    waiting_.set(static_cast<std::int64_t>(left_.size()));
    co_return !left_.empty();
}

}  // namespace mita::finance
