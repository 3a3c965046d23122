#include "http/standing.hpp"

#include <algorithm>
#include <random>

namespace mita::http {

namespace {

constexpr unsigned most_failures = 5;
constexpr unsigned all_the_way = 64;  // so many at once while returning: it is back
constexpr unsigned most_doublings = 5;
constexpr std::chrono::nanoseconds first_ejection = std::chrono::seconds(1);

std::int64_t ns(standing::time t) { return std::chrono::nanoseconds(t.time_since_epoch()).count(); }

// Ten percent less or more, so that not all come back at once.
std::chrono::nanoseconds about(std::chrono::nanoseconds d) {
    thread_local std::minstd_rand random{std::random_device{}()};
    return d * std::uniform_int_distribution<int>(90, 110)(random) / 100;
}

}  // namespace

standing::rank standing::at(time now) const {
    if (until_ > ns(now)) return rank::ejected;
    if (unready_) return rank::unready;
    return returning_ != 0 ? rank::returning : rank::good;
}

bool standing::failed(time now) {
    if (until_ > ns(now)) return false;
    const unsigned in_a_row = ++failures_;
    if (in_a_row < most_failures && returning_ == 0) return false;
    const unsigned before = times_++;
    failures_ = 0;
    returning_ = 1;
    until_ = ns(now + about(first_ejection * (1 << std::min(before, most_doublings))));
    return true;
}

bool standing::checked(bool reached, bool ready, time now) {
    unready_ = !ready;
    const bool was_away = away_;
    away_ = !reached || (was_away && !ready);  // until it is back for good
    if (!reached) return failed(now);
    if (!ready) return false;
    if ((was_away || times_ <= 1) && until_ > ns(now)) until_ = ns(now);
    if (returning_ != 0 && until_ <= ns(now)) came_back_a_step();
    return false;
}

void standing::came_back_a_step() {
    const unsigned now = returning_;
    returning_ = now >= all_the_way ? 0 : now * 2;
    if (now >= all_the_way) times_ = 0;
}

std::shared_ptr<standing> standings::of(const std::string& address) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(all_, [](const auto& known) { return known.second.expired(); });
    auto found = all_[address].lock();
    if (found == nullptr) {
        found = std::make_shared<standing>(address);
        all_[address] = found;
    }
    return found;
}

int standings::circuit(std::chrono::steady_clock::time_point now) const {
    const std::scoped_lock lock(mutex_);
    int best = 2;
    for (const auto& [address, known] : all_) {
        const auto it = known.lock();
        if (it == nullptr) continue;
        const auto rank = it->at(now);
        best = std::min(best, rank == standing::rank::ejected ? 2 : rank == standing::rank::returning ? 1 : 0);
    }
    return best;
}

}  // namespace mita::http
