#include "finance/events/stream_places.hpp"

#include "core/error.hpp"

namespace mita::finance {

namespace {

metrics::counter& refused(metrics::registry& r, const char* bound) {
    return r.make_counter("mita_finance_event_streams_refused_total", "Streams of events beyond a bound.",
                          {{"bound", bound}});
}

}  // namespace

stream_places::stream_places(std::size_t most, unsigned most_of_one, metrics::registry& registry)
    : most_(most),
      most_of_one_(most_of_one),
      open_(registry.make_gauge("mita_finance_event_streams", "Open streams of events.", {})),
      refused_person_(refused(registry, "person")),
      refused_all_(refused(registry, "instance")) {}

stream_places::place stream_places::take(const uuid& person) {
    const std::scoped_lock lock(mutex_);
    if (taken_ >= most_) {
        refused_all_.add();
        throw api_error(503, "unavailable", "Too many streams are open here; try again later.")
            .with_header("Retry-After", "5");
    }
    unsigned& mine = of_[person];
    if (mine >= most_of_one_) {
        refused_person_.add();
        throw api_error(429, "too_many_streams", "Too many streams of this account are open; end one.")
            .with_header("Retry-After", "15");
    }
    ++mine;
    ++taken_;
    open_.add(1);
    return {*this, person};
}

bool stream_places::has(const uuid& person) const {
    const std::scoped_lock lock(mutex_);
    return of_.contains(person);
}

std::vector<uuid> stream_places::people() const {
    const std::scoped_lock lock(mutex_);
    std::vector<uuid> out;
    out.reserve(of_.size());
    for (const auto& [person, count] : of_) out.push_back(person);
    return out;
}

void stream_places::leave(const uuid& person) {
    const std::scoped_lock lock(mutex_);
    const auto it = of_.find(person);
    if (--it->second == 0) of_.erase(it);
    --taken_;
    open_.add(-1);
}

}  // namespace mita::finance
