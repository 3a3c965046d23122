-- Second factors: codes by time (TOTP) and recovery codes. A session says by what its person was recognised, and nobody who has a second
-- factor gets one without it: that is held here, whatever version of the service asks.

-- amr: the methods it was opened by (RFC 8176), a space between.
alter table sessions add column amr text not null default 'pwd';

-- Tokens of nobody's mailbox have no user_id, and any number of them is live at once. Purpose mfa: a login whose password was right; bound:
-- person, epoch, the session it takes the place of (or -), the device's name; tries: codes that were shown with it.
alter table one_time_tokens drop constraint one_time_tokens_purpose, alter column user_id drop not null,
    add column tries smallint not null default 0,
    add constraint one_time_tokens_of_person check (user_id is not null or purpose not in ('verify_email', 'reset_password', 'change_email'));

-- sealed: 20 bytes, encrypted as signing keys are. confirmed_at null: being enrolled, asked for by nobody yet. last_step: of the newest code
-- that was taken; no code of it or before is taken again.
create table totp_secrets (
    user_id      uuid primary key references users (id) on delete cascade,
    sealed       bytea not null,
    begun_at     timestamptz not null,
    confirmed_at timestamptz,
    last_step    bigint not null default 0
);

-- hash: SHA-256 of 120 random bits that stand nowhere else.
create table recovery_codes (
    user_id uuid not null references users (id) on delete cascade,
    hash    bytea not null,
    used_at timestamptz,
    primary key (user_id, hash)
);

create function has_second_factor(person uuid) returns boolean language sql stable as $$
    select exists (select from totp_secrets where user_id = person and confirmed_at is not null)
$$;

-- Takes what was shown, once: a step of the clock (number), a recovery code (what: its hash). False: it was taken before, or is none.
create function use_factor(person uuid, kind text, what bytea, number bigint, at timestamptz) returns boolean language plpgsql as $$
begin
    if kind = 'totp' then
        update totp_secrets set last_step = number where user_id = person and confirmed_at is not null and last_step < number;
    elsif kind = 'recovery_code' then
        update recovery_codes set used_at = at where user_id = person and hash = what and used_at is null;
    else
        return false;
    end if;
    return found;
end $$;

-- As the open_session() before it, for a login by `methods`. instead_of: the session of the person that it takes the place of, which ends
-- with it; null: none.
create function open_session(new_id uuid, person uuid, seen integer, most integer, idle_s bigint, absolute_s bigint, tokens_live_s bigint,
                             moved bigint, device text, agent text, address text, wrote_at timestamptz, methods text, instead_of uuid,
                             out outcome text, out granted text, out revocation bigint) language plpgsql as $$
declare
    called text;
    replaced bigint;
    at timestamptz;
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    outcome := 'gone';
    if not exists (select from users where id = person and epoch = seen and status = 'active')
        or (has_second_factor(person) and not 'mfa' = any (string_to_array(methods, ' '))) then
        return;
    end if;
    if instead_of is not null then
        at := judged_at(moved);
        update sessions set revoked_at = at, revoked_reason = 'replaced' where id = instead_of and user_id = person and revoked_at is null
            returning device_name into called;
        if not found then
            return;
        end if;
        replaced := publish_revocations('session', array[instead_of::text], null, at + tokens_live_s * interval '1 second', wrote_at);
    end if;
    select o.outcome, o.granted, coalesce(o.revocation, replaced) into outcome, granted, revocation
        from open_session(new_id, person, most, idle_s, absolute_s, tokens_live_s, moved, coalesce(nullif(device, ''), called, ''), agent, address,
                          wrote_at) as o;
    update sessions set amr = methods where id = new_id;
end $$;

-- What versions call that know no second factor: a password alone.
create or replace function open_session(new_id uuid, person uuid, seen integer, most integer, idle_s bigint, absolute_s bigint,
                                        tokens_live_s bigint, moved bigint, device text, agent text, address text, wrote_at timestamptz,
                                        out outcome text, out granted text, out revocation bigint) language sql as $$
    select o.outcome, o.granted, o.revocation from open_session(new_id, person, seen, most, idle_s, absolute_s, tokens_live_s, moved, device, agent,
                                                                address, wrote_at, 'pwd', null::uuid) as o
$$;

-- The end of a login in two steps: the factor is taken, the token used up, the session opened, all or nothing. outcome: opened | busy (come
-- again) | wrong (the factor; the token is good still) | gone (the token, or the login is no longer good).
create function open_session_by_factor(token bytea, kind text, what bytea, number bigint, new_id uuid, person uuid, seen integer, most integer,
                                       idle_s bigint, absolute_s bigint, tokens_live_s bigint, moved bigint, device text, agent text,
                                       address text, wrote_at timestamptz, methods text, instead_of uuid, mail uuid, mail_keep_s bigint,
                                       mails_most integer, out outcome text, out granted text, out revocation bigint) language plpgsql as $$
declare
    at timestamptz;
    u users;
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    at := judged_at(moved);
    outcome := 'gone';
    perform from one_time_tokens where hash = token and purpose = 'mfa' and used_at is null and expires_at > at
        and starts_with(bound, person || ' ' || seen || ' ') for update;
    if not found then
        return;
    end if;
    if not use_factor(person, kind, what, number, wrote_at) then
        outcome := 'wrong';
        return;
    end if;
    update one_time_tokens set used_at = at where hash = token;
    select o.outcome, o.granted, o.revocation into outcome, granted, revocation
        from open_session(new_id, person, seen, most, idle_s, absolute_s, tokens_live_s, moved, device, agent, address, wrote_at, methods,
                          instead_of) as o;
    if kind = 'recovery_code' then
        select * into u from users where id = person;
        perform queue_mail(mail, 'recovery_code_used', u.email, u.email_norm, person, u.language,
                           (select count(*)::text from recovery_codes c where c.user_id = person and c.used_at is null), mail_keep_s, mails_most, moved);
    end if;
end $$;

-- What every change of a person's factors brings (S11): logins that were begun before it and links of mails die, other sessions end, this
-- one has shown the factor, a mail tells. The revocation's sequence.
create function factors_changed(person uuid, keep uuid, what text, mail uuid, mail_keep_s bigint, mails_most integer, tokens_live_s bigint,
                                moved bigint, wrote_at timestamptz) returns bigint language plpgsql as $$
declare
    u users;
begin
    update users set epoch = epoch + 1, updated_at = wrote_at where id = person returning * into u;
    delete from one_time_tokens where user_id = person and purpose in ('reset_password', 'change_email');
    perform queue_mail(mail, what, u.email, u.email_norm, person, u.language, '', mail_keep_s, mails_most, moved);
    return end_sessions_of(person, keep, what, judged_at(moved), tokens_live_s, wrote_at);
end $$;

-- Ten new ones, given as hex, in the place of all there were.
create function put_recovery_codes(person uuid, hashes text[]) returns void language sql as $$
    delete from recovery_codes where user_id = person;
    insert into recovery_codes (user_id, hash) select person, decode(h, 'hex') from unnest(hashes) as h;
$$;

-- `seen`, sealed, becomes the person's, and the step of the code that proved it is used up. outcome: done | busy | gone (it is no longer what is
-- being enrolled). first: the person had no second factor, and has these recovery codes now.
create function confirm_totp(person uuid, seen bytea, step bigint, keep uuid, hashes text[], mail uuid, mail_keep_s bigint, mails_most integer,
                             tokens_live_s bigint, moved bigint, wrote_at timestamptz, out outcome text, out revocation bigint, out first boolean)
language plpgsql as $$
begin
    first := false;
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    outcome := 'gone';
    first := not has_second_factor(person);
    update totp_secrets t set confirmed_at = wrote_at, last_step = step from users u
        where t.user_id = person and t.confirmed_at is null and t.sealed = seen and u.id = person and u.status = 'active';
    if not found then
        return;
    end if;
    if first then
        perform put_recovery_codes(person, hashes);
    end if;
    update sessions set amr = amr || ' otp mfa' where id = keep and not 'mfa' = any (string_to_array(amr, ' '));
    revocation := factors_changed(person, keep, 'factor_added', mail, mail_keep_s, mails_most, tokens_live_s, moved, wrote_at);
    outcome := 'done';
end $$;

-- Recovery codes go with the last factor they stand in for.
create function remove_totp(person uuid, keep uuid, mail uuid, mail_keep_s bigint, mails_most integer, tokens_live_s bigint, moved bigint,
                            wrote_at timestamptz, out outcome text, out revocation bigint) language plpgsql as $$
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    delete from totp_secrets where user_id = person and confirmed_at is not null;
    outcome := case when found then 'done' else 'gone' end;
    if outcome = 'gone' then
        return;
    end if;
    delete from recovery_codes where user_id = person and not has_second_factor(person);
    revocation := factors_changed(person, keep, 'factor_removed', mail, mail_keep_s, mails_most, tokens_live_s, moved, wrote_at);
end $$;

-- outcome: done | busy | gone (there is no factor that they could stand in for).
create function renew_recovery_codes(person uuid, hashes text[], mail uuid, mail_keep_s bigint, mails_most integer, moved bigint,
                                     out outcome text, out revocation bigint) language plpgsql as $$
declare
    u users;
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    outcome := 'gone';
    select * into u from users where id = person and status = 'active' and has_second_factor(id);
    if not found then
        return;
    end if;
    perform put_recovery_codes(person, hashes);
    perform queue_mail(mail, 'recovery_codes_renewed', u.email, u.email_norm, person, u.language, '', mail_keep_s, mails_most, moved);
    outcome := 'done';
end $$;
