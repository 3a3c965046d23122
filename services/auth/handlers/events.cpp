// A person's own audit trail.
#include "auth/handlers/events.hpp"
#include "auth/audit/audit_store.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/people/user_json.hpp"
#include "core/clock.hpp"
#include "core/json_reader.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"
#include "http/query_reader.hpp"

#include <algorithm>
#include <string>

namespace mita::auth {

namespace {

constexpr int usual_page = 50;

std::string bytes_of(const uuid& id) { return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}; }

uuid place_from(const std::string& bytes) {
    uuid id;
    if (bytes.size() != id.bytes.size()) throw http::wrong_cursor();
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(id.bytes.data()));
    return id;
}

}  // namespace

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
    const auto limit = in.limit().value_or(usual_page);
    const auto cursor = in.take("cursor");
    in.finish();
    const auto scope = http::cursor_scope(req.path, req.who->user_id);
    std::optional<uuid> before;
    if (cursor) before = place_from(a.all.cursors.open(*cursor, scope));
    audit_store trail(a.db);
    auto events = co_await trail.list(subject, before, limit + 1, req.until);
    std::optional<std::string> next;
    if (std::cmp_greater(events.size(), limit)) {
        events.pop_back();
        next = a.all.cursors.seal(bytes_of(events.back().id), scope);
    }
    std::string out = "{\"data\":[";
    for (const auto& e : events) {
        if (&e != &events.front()) out += ',';
        append_event(out, e, for_admin);
    }
    out += "],\"next_cursor\":";
    if (next)
        append_json_string(out, *next);
    else
        out += "null";
    auto answer = http::json(200, out + '}');
    if (next) http::with_header(answer, "Link", http::next_link(req.path, limit, "", *next));
    co_return http::tagged_by_text(req, std::move(answer));
}

awaitable<http::response> list_events(http::request& req, app& a) { return events_of(req, a, req.who->user_id, false); }

}  // namespace mita::auth
