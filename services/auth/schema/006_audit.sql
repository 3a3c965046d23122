-- What happened, to whom, from where, with what result (A2): written in batches, never changed. id is made by who saw it: a batch that is
-- sent again is kept once. No secret, no address, nothing that was typed.
create table audit_events (
    id         uuid primary key,
    at         timestamptz not null,                    -- by its maker's clock
    service    text not null,
    action     text not null,
    result     text not null,
    actor      uuid,                                    -- who did it, when that is known
    subject    uuid,                                    -- whom it concerns; stays when the account goes: a number that names nobody then
    ip         text not null default '',
    user_agent text not null default '',
    request_id text not null default ''
);
create index audit_events_of on audit_events (subject, id desc);
create index audit_events_by_age on audit_events (at);

-- Nothing of it changes or goes, whoever asks, but by the function below, which runs as the owner.
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    if coalesce(current_setting('mita.audit', true), '') <> 'prune' or
        current_user <> (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid) or tg_op <> 'DELETE' then
        raise exception 'audit_events is append-only' using errcode = '42501';
    end if;
    return old;
end $$;
create trigger append_only before update or delete on audit_events for each row execute function audit_is_append_only();
create function audit_is_not_emptied() returns trigger language plpgsql as $$
begin
    raise exception 'audit_events is append-only' using errcode = '42501';
end $$;
create trigger not_emptied before truncate on audit_events execute function audit_is_not_emptied();

-- Forgets what happened before `old`, the oldest `most` events first; never the last 30 days.
create function prune_audit(old timestamptz, most integer) returns bigint language plpgsql security definer set search_path from current as $$
declare
    n bigint;
begin
    perform set_config('mita.audit', 'prune', true);
    delete from audit_events where id in (select id from audit_events
        where at < least(old, (select max(at) from audit_events) - interval '30 days') order by at limit most for update skip locked);
    get diagnostics n = row_count;
    perform set_config('mita.audit', '', true);
    return n;
end $$;
