#include "finance/event_app.hpp"

#include "core/clock.hpp"

#include <boost/asio/post.hpp>

namespace mita::finance {

event_streams::event_streams(const event_settings& s, metrics::registry& registry)
    : set(s),
      places(set.most, set.most_of_one, registry),
      failed_readings(registry.make_counter("mita_finance_event_readings_failed_total",
                                            "Readings for streams of events that failed and are tried again.", {})) {}

void event_streams::tell(const uuid& user) {
    if (!places.has(user)) return;
    for (event_app* a : apps) asio::post(a->base.on.get_executor(), [a, user] { a->hub.changed(user); });
}

void event_streams::tell_all() {
    for (event_app* a : apps) asio::post(a->base.on.get_executor(), [a] { a->hub.changed_all(); });
}

void event_app::judge() {
    if (!hub.empty()) hub.judge(wall::unix_seconds(), base.all.revoked.generation());
}

}  // namespace mita::finance
