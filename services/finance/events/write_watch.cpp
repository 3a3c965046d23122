#include "finance/events/write_watch.hpp"

#include <chrono>
#include <exception>
#include <utility>

namespace mita::finance {

namespace {

using namespace std::chrono_literals;

// Whoever has no row any more is another than before, too: the stream finds out that it ends.
std::int64_t last_written(const std::unordered_map<uuid, std::int64_t>& of, const uuid& person) {
    const auto found = of.find(person);
    return found == of.end() ? -1 : found->second;
}

}  // namespace

write_watch::write_watch(const stream_places& places, db::pool& db, metrics::counter& failed,
                         std::function<void(const uuid&)> tell)
    : places_(places), store_(db), failed_(failed), tell_(std::move(tell)) {}

awaitable<void> write_watch::look() {
    const auto people = places_.people();
    if (people.empty()) {
        seen_.clear();
        co_return;
    }
    try {
        auto now = co_await store_.of(people, deadline::after(2s));
        for (const auto& person : people)
            if (!seen_.contains(person) || seen_.at(person) != last_written(now, person)) tell_(person);
        seen_ = std::move(now);
    } catch (const std::exception&) {  // known by the pool's own log
        failed_.add();
    }
}

}  // namespace mita::finance
