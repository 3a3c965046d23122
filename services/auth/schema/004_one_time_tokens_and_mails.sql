-- One-time tokens, the queue of mails, and what moves when a person's credentials change.

-- epoch: moves with every change of password or address and with what ends all sessions; a login that was checked before such a change
-- opens no session after it. language: of the mails a person gets.
alter table users add column epoch integer not null default 0,
    add column language text not null default 'en' constraint users_language check (language in ('en', 'bg', 'de'));

-- hash: SHA-256 of a token that stands nowhere but in the mail. bound: what must be so still when it is shown (P8): verify_email: the
-- address, canonical; reset_password: epoch and address; change_email: epoch, address, the new one canonical and as typed; a space
-- between. One is live for each person and purpose: a newer one takes the place of the older.
create table one_time_tokens (
    hash       bytea primary key,
    purpose    text not null constraint one_time_tokens_purpose check (purpose in ('verify_email', 'reset_password', 'change_email')),
    user_id    uuid not null references users (id) on delete cascade,
    bound      text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at    timestamptz,
    constraint one_time_tokens_newest unique (user_id, purpose)
);
create index one_time_tokens_by_expiry on one_time_tokens (expires_at);

-- What is to be said, not how: the text, and the token in it, are made when a mail is sent. user_id has no reference: that an account
-- is gone is told after it is gone. One mail waits for each kind, address and person.
create table mails (
    id            uuid primary key,
    kind          text not null,
    recipient     text not null,                        -- as it was typed
    recipient_key text not null,                        -- canonical
    user_id       uuid,
    language      text not null,
    details       text not null default '',
    tries         integer not null default 0,
    created_at    timestamptz not null,
    next_try_at   timestamptz not null,
    expires_at    timestamptz not null                  -- nobody waits for it any more
);
create unique index mails_once on mails (kind, recipient_key, coalesce(user_id, '00000000-0000-0000-0000-000000000000'));
create index mails_due on mails (next_try_at);

-- Queues a mail; what waits already for the same person and address is said once, with the newest details. False when the queue is full.
create function queue_mail(new_id uuid, what text, address text, address_key text, person uuid, tongue text, about text,
                           keep_s bigint, most integer, moved bigint) returns boolean language plpgsql as $$
declare
    at timestamptz := judged_at(moved);
begin
    if (select count(*) from (select from mails limit most) as waiting) >= most then
        return false;
    end if;
    insert into mails (id, kind, recipient, recipient_key, user_id, language, details, created_at, next_try_at, expires_at)
        values (new_id, what, address, address_key, person, tongue, about, at, at, at + keep_s * interval '1 second')
        on conflict (kind, recipient_key, coalesce(user_id, '00000000-0000-0000-0000-000000000000'))
        do update set details = excluded.details, recipient = excluded.recipient, expires_at = excluded.expires_at;
    return true;
end $$;

-- Ends the person's live sessions but `keep` (null: all) and publishes it; the sequence, null when there was none. Under the lock that
-- open_session() takes: what is opened later was checked later.
create function end_sessions_of(person uuid, keep uuid, why text, at timestamptz, tokens_live_s bigint, wrote_at timestamptz)
returns bigint language plpgsql as $$
declare
    ended text[];
begin
    with alive as (select id from sessions where user_id = person and revoked_at is null and id is distinct from keep order by id for update),
        dead as (update sessions set revoked_at = at, revoked_reason = why where id in (select id from alive) and revoked_at is null returning id)
    select coalesce(array_agg(id::text), '{}') into ended from dead;
    return publish_revocations('session', ended, null, at + tokens_live_s * interval '1 second', wrote_at);
end $$;

create function lock_person(person uuid) returns boolean language sql as $$
    select pg_try_advisory_xact_lock(hashtextextended(person::text, 7301))
$$;

-- As open_session(), for a login that was checked while the person's epoch was `seen`.
create function open_session(new_id uuid, person uuid, seen integer, most integer, idle_s bigint, absolute_s bigint, tokens_live_s bigint,
                             moved bigint, device text, agent text, address text, wrote_at timestamptz,
                             out outcome text, out granted text, out revocation bigint) language plpgsql as $$
begin
    if not lock_person(person) then
        outcome := 'busy';
    elsif not exists (select from users where id = person and epoch = seen) then
        outcome := 'gone';
    else
        select o.outcome, o.granted, o.revocation into outcome, granted, revocation
            from open_session(new_id, person, most, idle_s, absolute_s, tokens_live_s, moved, device, agent, address, wrote_at) as o;
    end if;
end $$;

-- A new password for who shows the old one (`held`, its hash) and keeps the session `keep`. outcome: done | busy (come again) |
-- gone (it is no longer the password, or the person is no longer active).
create function change_password(person uuid, held text, fresh text, keep uuid, mail uuid, mail_keep_s bigint, mails_most integer,
                                tokens_live_s bigint, moved bigint, wrote_at timestamptz, out outcome text, out revocation bigint)
language plpgsql as $$
declare
    u users;
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    update users set password_hash = fresh, epoch = epoch + 1, updated_at = wrote_at
        where id = person and status = 'active' and password_hash = held returning * into u;
    if u.id is null then
        outcome := 'gone';
        return;
    end if;
    delete from one_time_tokens where user_id = person and purpose in ('reset_password', 'change_email');
    revocation := end_sessions_of(person, keep, 'password_changed', judged_at(moved), tokens_live_s, wrote_at);
    perform queue_mail(mail, 'password_changed', u.email, u.email_norm, person, u.language, '', mail_keep_s, mails_most, moved);
    outcome := 'done';
end $$;

-- A new password for who shows the token of a mail: the mailbox is proven with it, every session ends (S11). refused: the token is
-- not good, whatever the reason.
create function reset_password(token bytea, fresh text, mail uuid, mail_keep_s bigint, mails_most integer, tokens_live_s bigint,
                               moved bigint, wrote_at timestamptz, out outcome text, out person uuid, out revocation bigint)
language plpgsql as $$
declare
    u users;
    at timestamptz;
begin
    outcome := 'refused';
    select user_id into person from one_time_tokens where hash = token and purpose = 'reset_password';
    if person is null then
        return;
    end if;
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    at := judged_at(moved);
    with used as (update one_time_tokens set used_at = at
            where hash = token and purpose = 'reset_password' and used_at is null and expires_at > at returning user_id, bound)
    update users set password_hash = fresh, epoch = epoch + 1, email_verified_at = coalesce(email_verified_at, wrote_at), updated_at = wrote_at
        from used where users.id = used.user_id and users.status = 'active' and used.bound = users.epoch || ' ' || users.email_norm
        returning users.* into u;
    if u.id is null then
        return;
    end if;
    delete from one_time_tokens where user_id = person and hash <> token;
    revocation := end_sessions_of(person, null, 'password_reset', at, tokens_live_s, wrote_at);
    perform queue_mail(mail, 'password_changed', u.email, u.email_norm, person, u.language, '', mail_keep_s, mails_most, moved);
    outcome := 'done';
end $$;

-- The address that a token of change_email is bound to becomes the person's, when the former one is theirs still and nobody has the new
-- one; every session ends, and the former address is told.
create function change_address(token bytea, mail uuid, mail_keep_s bigint, mails_most integer, tokens_live_s bigint, moved bigint,
                               wrote_at timestamptz, out outcome text, out person uuid, out revocation bigint)
language plpgsql as $$
declare
    was users;
    parts text[];
    at timestamptz;
begin
    outcome := 'refused';
    select user_id into person from one_time_tokens where hash = token and purpose = 'change_email';
    if person is null then
        return;
    end if;
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    at := judged_at(moved);
    update one_time_tokens set used_at = at where hash = token and purpose = 'change_email' and used_at is null and expires_at > at
        returning string_to_array(bound, ' ') into parts;
    select * into was from users where id = person and status = 'active' and epoch::text = parts[1] and email_norm = parts[2];
    if was.id is null or exists (select from users where email_norm = parts[3] and id <> person) then
        return;
    end if;
    update users set email = parts[4], email_norm = parts[3], address_form = 2, email_verified_at = wrote_at, epoch = epoch + 1,
        updated_at = wrote_at where id = person;
    delete from one_time_tokens where user_id = person and hash <> token;
    revocation := end_sessions_of(person, null, 'email_changed', at, tokens_live_s, wrote_at);
    perform queue_mail(mail, 'email_changed', was.email, was.email_norm, person, was.language, parts[4], mail_keep_s, mails_most, moved);
    outcome := 'done';
end $$;

-- A person who is to prove the address before anything else. Known or not, verified or not, shows in the mail alone (P7).
create function register_unproven(new_id uuid, address text, address_key text, former_key text, name text, hash text, tongue text,
                                  mail uuid, mail_keep_s bigint, mails_most integer, moved bigint, wrote_at timestamptz)
returns boolean language plpgsql as $$
declare
    proven boolean;
begin
    insert into users (id, email, email_norm, display_name, password_hash, created_at, updated_at, address_form, language)
        select new_id, address, address_key, name, hash, wrote_at, wrote_at, 2, tongue
        where not exists (select from users where email_norm = former_key and address_form = 1) on conflict (email_norm) do nothing;
    select email_verified_at is not null into proven from users
        where email_norm = address_key or (email_norm = former_key and address_form <> 2) order by email_norm = address_key desc limit 1;
    return queue_mail(mail, case when proven then 'account_exists' else 'verify_email' end, address, address_key, null, tongue, '',
                      mail_keep_s, mails_most, moved);
end $$;
