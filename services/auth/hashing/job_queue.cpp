#include "auth/hashing/job_queue.hpp"

#include <algorithm>
#include <utility>

namespace mita::hashing {

void job_queue::push(waiting_job j) {
    ++size_;
    const auto own = std::find_if(turns_.begin(), turns_.end(), [&](const bucket& b) { return b.client == j.client; });
    if (own != turns_.end()) {
        own->jobs.push_back(std::move(j));
        return;
    }
    bucket fresh{j.client, {}};
    fresh.jobs.push_back(std::move(j));
    turns_.push_back(std::move(fresh));
}

std::optional<waiting_job> job_queue::pop(const std::function<bool(const waiting_job&)>& may_start,
                                          const std::function<bool(const waiting_job&)>& in_time) {
    for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
        const bool oldest = in_time(turn->jobs.front());
        if (!may_start(oldest ? turn->jobs.front() : turn->jobs.back())) continue;
        bucket b = std::move(*turn);
        turns_.erase(turn);
        std::optional<waiting_job> out(std::move(oldest ? b.jobs.front() : b.jobs.back()));
        oldest ? b.jobs.pop_front() : b.jobs.pop_back();
        if (!b.jobs.empty()) turns_.push_back(std::move(b));
        --size_;
        return out;
    }
    return std::nullopt;
}

bool job_queue::any(const std::function<bool(const waiting_job&)>& may_start) const {
    return std::any_of(turns_.begin(), turns_.end(),
                       [&](const bucket& b) { return may_start(b.jobs.front()) || may_start(b.jobs.back()); });
}

std::vector<waiting_job> job_queue::remove_if(const std::function<bool(const waiting_job&)>& hopeless) {
    std::vector<waiting_job> out;
    for (bucket& b : turns_) {
        if (std::none_of(b.jobs.begin(), b.jobs.end(), hopeless)) continue;
        std::deque<waiting_job> kept;
        for (waiting_job& j : b.jobs) hopeless(j) ? out.push_back(std::move(j)) : kept.push_back(std::move(j));
        b.jobs = std::move(kept);
    }
    std::erase_if(turns_, [](const bucket& b) { return b.jobs.empty(); });
    size_ -= out.size();
    return out;
}

std::size_t job_queue::ahead_of(std::uint64_t client) const {
    std::size_t own = 0;
    for (const bucket& b : turns_) {
        if (b.client == client) own = b.jobs.size();
    }
    std::size_t ahead = 0;
    for (const bucket& b : turns_) ahead += b.client == client ? own : std::min(b.jobs.size(), own + 1);
    return ahead;
}

}  // namespace mita::hashing
