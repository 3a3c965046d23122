-- An account that its person deletes is gone at once; what finance keeps of it is erased by a job that goes on until it is done, whoever
-- crashes when.

-- passes: 0: finance is to erase; 1: it did, and will once more at again_at, when no token of the person can be taken any more: what one
-- made in between goes with it. Then the row goes.
create table erasures (
    user_id  uuid primary key,
    passes   smallint not null default 0,
    tries    integer not null default 0,
    asked_at timestamptz not null,
    due_at   timestamptz not null,
    again_at timestamptz not null
);
create index erasures_due on erasures (due_at);

-- For who shows the password (`held`, its hash). outcome: done | busy (come again) | gone. Sessions, links, known networks go with the
-- person; a mail tells of it; the address is free.
create function delete_account(who uuid, held text, mail uuid, mail_keep_s bigint, mails_most integer, tokens_live_s bigint, moved bigint,
                               wrote_at timestamptz, out outcome text, out revocation bigint) language plpgsql as $$
declare
    u users;
    at timestamptz;
begin
    if not lock_person(who) then
        outcome := 'busy';
        return;
    end if;
    at := judged_at(moved);
    select * into u from users where id = who and status = 'active' and password_hash = held for update;
    if u.id is null then
        outcome := 'gone';
        return;
    end if;
    revocation := end_sessions_of(who, null, 'deleted', at, tokens_live_s, wrote_at);
    delete from mails where user_id = who or recipient_key = u.email_norm;
    perform queue_mail(mail, 'account_deleted', u.email, u.email_norm, who, u.language, '', mail_keep_s, mails_most, moved);
    insert into erasures (user_id, asked_at, due_at, again_at) values (who, at, at, at + tokens_live_s * interval '1 second');
    delete from users where id = who;
    outcome := 'done';
end $$;

-- The one due longest, hidden from others until its next try: 2 s from now, twice as long each time, an hour at most.
create function claim_erasure(moved bigint, out who uuid, out pass smallint) language plpgsql as $$
declare
    at timestamptz := judged_at(moved);
begin
    update erasures set tries = tries + 1, due_at = at + least(interval '1 hour', power(2, least(tries + 1, 12)) * interval '1 second')
        where user_id = (select user_id from erasures where due_at <= at order by due_at limit 1 for update skip locked)
        returning user_id, passes into who, pass;
end $$;

-- finished: finance has nothing more. Else it is not through yet and goes on at once.
create function note_erasure(who uuid, pass smallint, finished boolean, moved bigint) returns void language plpgsql as $$
begin
    if not finished then
        update erasures set tries = 0, due_at = judged_at(moved) where user_id = who and passes = pass;
    elsif pass = 0 then
        update erasures set passes = 1, tries = 0, due_at = again_at where user_id = who and passes = 0;
    else
        delete from erasures where user_id = who and passes = pass;
    end if;
end $$;

-- Of a person who is gone the trail keeps what happened and when, by a number that names nobody; not from where (A3).
create or replace function audit_is_append_only() returns trigger language plpgsql as $$
declare
    mine boolean := current_user = (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid);
    what text := coalesce(current_setting('mita.audit', true), '');
begin
    if mine and tg_op = 'DELETE' and what = 'prune' then
        return old;
    end if;
    if mine and tg_op = 'UPDATE' and what = 'forget' then
        old.ip := '';
        old.user_agent := '';
        return old;
    end if;
    raise exception 'audit_events is append-only' using errcode = '42501';
end $$;

create index audit_events_by_actor on audit_events (actor) where actor is not null;

create function forget_in_audit(who uuid) returns bigint language plpgsql security definer set search_path from current as $$
declare
    n bigint;
begin
    if exists (select from users where id = who) then
        return 0;
    end if;
    perform set_config('mita.audit', 'forget', true);
    update audit_events set ip = '', user_agent = '' where (subject = who or actor = who) and (ip <> '' or user_agent <> '');
    get diagnostics n = row_count;
    perform set_config('mita.audit', '', true);
    return n;
end $$;

-- An instant as the service writes them, for the export.
create function export_instant(at timestamptz) returns text language sql immutable as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- As before (005); who is being deleted meanwhile is known nowhere, and that is no error.
create or replace function end_attempt(account text, network_is text, known boolean, result text, person uuid, moved bigint)
returns void language plpgsql as $$
declare
    at timestamptz := judged_at(moved);
    a text := 'a:' || account;
    n text := 'n:' || network_is;
    p text := 'p:' || account || ':' || coalesce(network_is, '');
begin
    perform set_config('synchronous_commit', 'off', true);
    if a is not null then
        update throttles set open = greatest(0, open - case when known then 0 else 1 end),
            failures = case result when 'passed' then 0 when 'failed' then failures + 1 else failures end,
            last_at = case result when 'failed' then at else last_at end where key = a;
        if not found and result = 'failed' then
            insert into throttles (key, failures, last_at, begun_at) values (a, 1, at, at)
                on conflict (key) do update set failures = throttles.failures + 1, last_at = at;
        end if;
    end if;
    if n is not null and not known then
        update throttles set open = greatest(0, open - 1),
            failures = case result when 'failed' then leaked(failures, last_at, at, interval '10 seconds') + 1 else failures end,
            last_at = case result when 'failed' then at else last_at end where key = n;
    end if;
    if a is not null then
        update throttles set open = greatest(0, open - 1),
            failures = case result when 'passed' then 0 when 'failed' then failures + 1 else failures end,
            last_at = case result when 'failed' then at else last_at end where key = p;
    end if;
    if result <> 'failed' then
        delete from throttles where key in (a, n, p) and failures = 0 and open = 0;
    end if;
    if result = 'passed' and person is not null then
        insert into known_networks (user_id, network, seen_at) select u.id, coalesce(network_is, ''), at from users u where u.id = person
            for key share on conflict (user_id, network) do update set seen_at = at where known_networks.seen_at < at - interval '1 day';
    end if;
end $$;
