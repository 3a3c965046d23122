#include "auth/audit/audit_store.hpp"

#include "db/columns.hpp"

#include <string>

namespace mita::auth {

namespace {

constexpr db::statement insert_all{
    "audit_add",
    "insert into audit_events (id, at, service, action, result, actor, subject, ip, user_agent, request_id)"
    " select id, at::timestamptz, service, action, result, nullif(actor, '')::uuid, nullif(subject, '')::uuid, ip,"
    " user_agent, request_id from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
    " $7::text[], $8::text[], $9::text[], $10::text[])"
    " as t (id, at, service, action, result, actor, subject, ip, user_agent, request_id) on conflict (id) do nothing"};
constexpr db::statement of_person{
    "audit_of",
    "select id, at, service, action, result, actor, subject, ip, user_agent, request_id from audit_events"
    " where subject = $1 and ($2::uuid is null or id < $2) order by id desc limit $3"};
constexpr db::statement forget{"audit_prune", "select prune_audit($1, $2)"};

std::string text_of(const std::optional<uuid>& id) { return id ? id->str() : std::string(); }

}  // namespace

awaitable<void> audit_store::add(std::span<const audit_event> events, deadline d) {
    std::vector<uuid> id;
    std::vector<std::string> at, service, action, result, actor, subject, ip, agent, request;
    for (const auto& e : events) {
        id.push_back(e.id);
        at.push_back(wall::format(e.at));
        service.push_back(e.service);
        action.push_back(e.action);
        result.push_back(e.result);
        actor.push_back(text_of(e.actor));
        subject.push_back(text_of(e.subject));
        ip.push_back(e.ip);
        agent.push_back(e.user_agent);
        request.push_back(e.request_id);
    }
    co_await db_.query_idempotent(insert_all, d, id, at, service, action, result, actor, subject, ip, agent, request);
}

awaitable<std::vector<audit_event>> audit_store::list(uuid subject, std::optional<uuid> before, int limit, deadline d) {
    const auto rows = co_await db_.query_idempotent(of_person, d, subject, before, limit);
    std::vector<audit_event> out;
    for (const auto r : rows) {
        db::columns c(r);
        audit_event e;
        e.id = c.next<uuid>();
        e.at = c.next<wall::time_point>();
        e.service = c.next<std::string>();
        e.action = c.next<std::string>();
        e.result = c.next<std::string>();
        e.actor = c.next<std::optional<uuid>>();
        e.subject = c.next<std::optional<uuid>>();
        e.ip = c.next<std::string>();
        e.user_agent = c.next<std::string>();
        e.request_id = c.next<std::string>();
        out.push_back(std::move(e));
    }
    co_return out;
}

awaitable<std::int64_t> audit_store::prune(std::chrono::hours kept, unsigned at_most, deadline d) {
    const auto rows = co_await db_.query(forget, d, wall::now() - kept, at_most);
    co_return rows.front().get<std::int64_t>(0);
}

}  // namespace mita::auth
