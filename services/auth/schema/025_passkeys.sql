-- Passkeys (WebAuthn): a public key a person, told by its credential's id. One is a first factor by itself and a second beside a password.

-- public_key: COSE. counter: the newest the authenticator has shown; 0: it has none. transports: a space between.
create table passkeys (
    id            uuid primary key,
    user_id       uuid not null references users (id) on delete cascade,
    credential_id bytea not null,
    public_key    bytea not null,
    counter       bigint not null,
    transports    text not null default '',
    name          text not null default '',
    backed_up     boolean not null,
    created_at    timestamptz not null,
    last_used_at  timestamptz,
    constraint passkeys_credential_unique unique (credential_id)
);
create index passkeys_of on passkeys (user_id, id);

create or replace function has_second_factor(person uuid) returns boolean language sql stable as $$
    select exists (select from totp_secrets where user_id = person and confirmed_at is not null)
        or exists (select from passkeys where user_id = person)
$$;

-- A passkey's counter (number) moves on, or stays 0; one that fell back was copied.
create or replace function use_factor(person uuid, kind text, what bytea, number bigint, at timestamptz) returns boolean language plpgsql as $$
begin
    if kind = 'totp' then
        update totp_secrets set last_step = number where user_id = person and confirmed_at is not null and last_step < number;
    elsif kind = 'recovery_code' then
        update recovery_codes set used_at = at where user_id = person and hash = what and used_at is null;
    elsif kind = 'passkey' then
        update passkeys set counter = number, last_used_at = at
            where user_id = person and credential_id = what and (counter < number or (counter = 0 and number = 0));
    else
        return false;
    end if;
    return found;
end $$;

-- A login by a passkey alone: it is taken and the session opened, or nothing of it. outcome: opened | busy | wrong | gone.
create function open_session_by_passkey(what bytea, number bigint, new_id uuid, person uuid, seen integer, most integer, idle_s bigint,
                                        absolute_s bigint, tokens_live_s bigint, moved bigint, device text, agent text, address text,
                                        wrote_at timestamptz, methods text, out outcome text, out granted text, out revocation bigint)
language plpgsql as $$
begin
    if not lock_person(person) then
        outcome := 'busy';
    elsif not use_factor(person, 'passkey', what, number, wrote_at) then
        outcome := 'wrong';
    else
        select o.outcome, o.granted, o.revocation into outcome, granted, revocation
            from open_session(new_id, person, seen, most, idle_s, absolute_s, tokens_live_s, moved, device, agent, address, wrote_at, methods,
                              null::uuid) as o;
    end if;
end $$;

-- outcome: done | busy | gone (the person) | taken (somebody has this credential) | full. first: as confirm_totp().
create function add_passkey(new_id uuid, person uuid, credential bytea, key bytea, number bigint, carried text, called text, backed boolean,
                            most integer, keep uuid, hashes text[], mail uuid, mail_keep_s bigint, mails_most integer, tokens_live_s bigint,
                            moved bigint, wrote_at timestamptz, out outcome text, out revocation bigint, out first boolean)
language plpgsql as $$
begin
    first := false;
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    if not exists (select from users where id = person and status = 'active') then
        outcome := 'gone';
        return;
    end if;
    if (select count(*) from passkeys where user_id = person) >= most then
        outcome := 'full';
        return;
    end if;
    first := not has_second_factor(person);
    insert into passkeys (id, user_id, credential_id, public_key, counter, transports, name, backed_up, created_at)
        values (new_id, person, credential, key, number, carried, called, backed, wrote_at) on conflict (credential_id) do nothing;
    if not found then
        outcome := 'taken';
        return;
    end if;
    if first then
        perform put_recovery_codes(person, hashes);
    end if;
    update sessions set amr = amr || ' pop mfa' where id = keep and not 'mfa' = any (string_to_array(amr, ' '));
    revocation := factors_changed(person, keep, 'factor_added', mail, mail_keep_s, mails_most, tokens_live_s, moved, wrote_at);
    outcome := 'done';
end $$;

create function remove_passkey(which uuid, person uuid, keep uuid, mail uuid, mail_keep_s bigint, mails_most integer, tokens_live_s bigint,
                               moved bigint, wrote_at timestamptz, out outcome text, out revocation bigint) language plpgsql as $$
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    delete from passkeys where id = which and user_id = person;
    outcome := case when found then 'done' else 'gone' end;
    if outcome = 'gone' then
        return;
    end if;
    delete from recovery_codes where user_id = person and not has_second_factor(person);
    revocation := factors_changed(person, keep, 'factor_removed', mail, mail_keep_s, mails_most, tokens_live_s, moved, wrote_at);
end $$;
