#include "auth/deletion/export_store.hpp"

namespace mita::auth {

namespace {

// One statement and one snapshot. instant(): as wall::format writes it.
constexpr db::statement everything{
    "export_of",
    "select json_build_object("
    "'user', json_build_object('id', u.id, 'email', u.email, 'display_name', u.display_name, 'email_verified',"
    " u.email_verified_at is not null, 'email_verified_at', export_instant(u.email_verified_at), 'status', u.status,"
    " 'role', u.role, 'language', u.language, 'created_at', export_instant(u.created_at), 'updated_at',"
    " export_instant(u.updated_at)),"
    "'sessions', (select coalesce(json_agg(json_build_object('id', s.id, 'device', s.device_name, 'user_agent',"
    " s.user_agent, 'ip', s.ip, 'scope', s.scope, 'amr', string_to_array(s.amr, ' '), 'created_at', "
    "export_instant(s.created_at), 'last_seen_at',"
    " export_instant(s.last_seen_at), 'ended_at', export_instant(s.revoked_at), 'ended_because', s.revoked_reason)"
    " order by s.number desc), '[]') from sessions s where s.user_id = u.id),"
    "'known_networks', (select coalesce(json_agg(json_build_object('network', k.network, 'seen_at',"
    " export_instant(k.seen_at)) order by k.network), '[]') from known_networks k where k.user_id = u.id),"
    "'links', (select coalesce(json_agg(json_build_object('purpose', t.purpose, 'created_at',"
    " export_instant(t.created_at), 'expires_at', export_instant(t.expires_at), 'used_at',"
    " export_instant(t.used_at)) order by t.created_at), '[]') from one_time_tokens t where t.user_id = u.id),"
    "'code_generator', (select json_build_object('begun_at', export_instant(g.begun_at), 'confirmed_at',"
    " export_instant(g.confirmed_at)) from totp_secrets g where g.user_id = u.id),"
    "'recovery_codes', (select coalesce(json_agg(json_build_object('used_at', export_instant(r.used_at)) order by"
    " r.used_at), '[]') from recovery_codes r where r.user_id = u.id),"
    "'passkeys', (select coalesce(json_agg(json_build_object('id', p.id, 'name', p.name, 'transports',"
    " string_to_array(p.transports, ' '), 'backed_up', p.backed_up, 'created_at', export_instant(p.created_at),"
    " 'last_used_at', export_instant(p.last_used_at)) order by p.id), '[]') from passkeys p where p.user_id = u.id),"
    "'waiting_mails', (select coalesce(json_agg(json_build_object('kind', m.kind, 'recipient', m.recipient,"
    " 'created_at', export_instant(m.created_at)) order by m.created_at), '[]') from mails m"
    " where m.user_id = u.id or m.recipient_key = u.email_norm))::text"
    " from users u where u.id = $1"};

}  // namespace

awaitable<std::optional<std::string>> export_store::of(uuid id, deadline d) {
    const auto rows = co_await db_.query_idempotent(everything, d, id);
    if (rows.empty()) co_return std::nullopt;
    const auto text = rows.front().get<std::string>(0);
    co_return text.substr(1, text.size() - 2);
}

}  // namespace mita::auth
