// A person's own audit trail.
#include "auth/handlers/events.hpp"
#include "auth/audit/audit_store.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/handlers/page_by_id.hpp"
#include "auth/people/user_json.hpp"
#include "core/clock.hpp"
#include "http/query_reader.hpp"

#include <string>
#include <utility>

namespace mita::auth {

void append_event(std::string& out, const audit_event& e, bool for_admin) {
    out += '{';
    member(out, "id", e.id.str(), true);
    member(out, "at", wall::format(e.at));
    member(out, "service", e.service);
    member(out, "action", e.action);
    member(out, "result", e.result);
    member(out, "ip", e.ip);
    member(out, "user_agent", e.user_agent);
    member(out, "request_id", e.request_id);
    if (for_admin && e.actor) member(out, "actor", e.actor->str());
    out += e.actor && e.actor == e.subject ? ",\"own\":true}" : ",\"own\":false}";
}

awaitable<http::response> events_of(http::request& req, app& a, uuid subject, bool for_admin) {
    http::query_reader in(req.query);
    page_by_id page(req, a, in);
    in.finish();
    page.go_on(req.path);
    audit_store trail(a.db);
    auto events = co_await trail.list(subject, page.before, page.rows(), req.until);
    co_return page.answer(std::move(events),
                          [for_admin](std::string& out, const audit_event& e) { append_event(out, e, for_admin); });
}

awaitable<http::response> list_events(http::request& req, app& a) { return events_of(req, a, req.who->user_id, false); }

}  // namespace mita::auth
