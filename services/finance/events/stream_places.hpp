// How many streams of events an instance keeps, and of whom: bounded for each person and in all. One per process,
// thread-safe. Used by handlers/events, and to see whom a write of another node concerns here.
#pragma once

#include "core/ids.hpp"
#include "core/metrics.hpp"

#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mita::finance {

class stream_places {
public:
    stream_places(std::size_t most, unsigned most_of_one, metrics::registry& registry);

    // A place, while it lives.
    class place {
    public:
        place(place&& o) noexcept : in_(std::exchange(o.in_, nullptr)), of_(o.of_) {}
        place& operator=(place&&) = delete;
        ~place() {
            if (in_ != nullptr) in_->leave(of_);
        }

    private:
        friend class stream_places;
        place(stream_places& in, const uuid& of) : in_(&in), of_(of) {}
        stream_places* in_;
        uuid of_;
    };
    // Throws api_error 429 too_many_streams of this person, 503 unavailable in all.
    place take(const uuid& person);
    bool has(const uuid& person) const;
    std::vector<uuid> people() const;  // who has one

private:
    void leave(const uuid& person);

    const std::size_t most_;
    const unsigned most_of_one_;
    mutable std::mutex mutex_;
    std::unordered_map<uuid, unsigned> of_;
    std::size_t taken_ = 0;
    metrics::gauge& open_;
    metrics::counter &refused_person_, &refused_all_;
};

}  // namespace mita::finance
