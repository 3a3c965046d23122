#include "finance/events/stream_hub.hpp"

#include <utility>

namespace mita::finance {

void stream_hub::leave(const uuid& person, const listener& who) {
    const auto [from, end] = all_.equal_range(person);
    for (auto it = from; it != end; ++it)
        if (it->second == &who) {
            all_.erase(it);
            return;
        }
}

void stream_hub::changed(const uuid& person) {
    const auto [from, end] = all_.equal_range(person);
    for (auto it = from; it != end; ++it) it->second->look();
}

void stream_hub::changed_all() {
    for (const auto& [person, who] : all_) who->look();
}

void stream_hub::judge(std::int64_t now, std::uint64_t generation) {
    const bool revoked = std::exchange(generation_, generation) != generation;
    for (const auto& [person, who] : all_) who->judge(now, revoked);
}

}  // namespace mita::finance
