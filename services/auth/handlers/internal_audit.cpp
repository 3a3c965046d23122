// What other services saw goes into the audit trail: each event once, by its id, however often it is sent (A2).
#include "auth/audit/audit_store.hpp"
#include "auth/handlers/handlers.hpp"
#include "core/clock.hpp"
#include "core/json_reader.hpp"

#include <vector>

namespace mita::auth {

namespace {

constexpr std::size_t most_events = 500;

audit_event event_in(json_object& in) {
    audit_event e;
    e.id = in.id("id");
    const auto at = in.string("at", 1, 40);
    const auto when = wall::parse(at);
    if (when) e.at = *when;
    if (!at.empty() && !when) in.fail("at", "invalid_instant", "must be an instant of RFC 3339");
    e.service = in.string("service", 1, 40);
    e.action = in.string("action", 1, 100);
    e.result = in.string("result", 1, 40);
    // subject stays empty: what somebody asked for is no event of an account, which its person looks through.
    e.actor = in.optional_id("actor");
    e.ip = in.string("ip", 0, 64);
    e.user_agent = in.string("user_agent", 0, 300);
    e.request_id = in.string("request_id", 0, 128);
    return e;
}

}  // namespace

awaitable<http::response> internal_audit_events(http::request& req, app& a) {
    json_document doc(req.body);
    auto in = doc.object();
    std::vector<audit_event> events;
    for (auto& one : in.objects("events", most_events)) events.push_back(event_in(one));
    doc.finish();
    if (!events.empty()) {
        audit_store trail(a.db);
        co_await trail.add(events, req.until);
    }
    co_return http::empty();
}

}  // namespace mita::auth
