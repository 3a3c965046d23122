-- Users, sessions, revocations and signing keys of the auth service. Times are written by the service's clock, never by now().

create table users (
    id            uuid primary key,
    email         text not null,                       -- as the person wrote it
    email_norm    text not null,                       -- lower case: what is unique and looked up
    display_name  text not null default '',
    password_hash text not null,                       -- self-describing ($mita$v=1$alg=...)
    status        text not null default 'active' constraint users_status check (status in ('active', 'disabled')),
    role          text not null default 'user' constraint users_role check (role in ('user', 'admin')),
    email_verified_at timestamptz,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    constraint users_email_unique unique (email_norm),
    constraint users_email_bounds check (char_length(email) between 3 and 254)
);

-- One row per session, none per token: the refresh token is a MAC over (id, counter). No index on changing columns (HOT updates).
create table sessions (
    id                  uuid primary key,
    user_id             uuid not null references users (id) on delete cascade,
    counter             bigint not null default 0,     -- generation of the refresh token
    rotated_at          timestamptz not null,
    created_at          timestamptz not null,
    last_seen_at        timestamptz not null,
    idle_expires_at     timestamptz not null,
    absolute_expires_at timestamptz not null,
    auth_time           timestamptz not null,
    device_name         text not null default '',
    user_agent          text not null default '',
    ip                  text not null default '',
    revoked_at          timestamptz,
    revoked_reason      text
) with (fillfactor = 80);
create index sessions_by_user on sessions (user_id, created_at desc);

-- One counter row: its lock makes revocations commit in the order of their sequence, so that "everything up to N" is exact.
create table revocation_sequence (
    only_row boolean primary key default true constraint one_row check (only_row),
    value    bigint not null
);
insert into revocation_sequence (value) values (0);

create table revocations (
    sequence   bigint primary key,
    kind       text not null constraint revocations_kind check (kind in ('session', 'user', 'token', 'key')),
    id         text not null,
    not_before timestamptz,
    expires_at timestamptz not null,                   -- the last token it concerns is dead by then: may be forgotten
    created_at timestamptz not null
);
create index revocations_by_expiry on revocations (expires_at);

-- private_key: PKCS#8 PEM under AES-256-GCM with a key derived from MITA_AUTH_SECRET.
create table signing_keys (
    kid         text primary key,
    algorithm   text not null,
    state       text not null constraint signing_keys_state check (state in ('next', 'active', 'retiring', 'revoked')),
    public_jwk  text not null,
    private_key bytea not null,
    created_at  timestamptz not null,
    changed_at  timestamptz not null
);
create unique index signing_keys_one_active on signing_keys ((state)) where state = 'active';

-- Publishes revocations of one kind in sequence and says so; null when there is none to publish. One place, so that every statement that
-- ends a session revokes its tokens in the same transaction.
create function publish_revocations(what text, ids text[], tokens_before timestamptz, forget_after timestamptz, at timestamptz)
returns bigint language plpgsql as $$
declare
    last bigint;
    n bigint := coalesce(array_length(ids, 1), 0);
begin
    if n = 0 then
        return null;
    end if;
    update revocation_sequence set value = value + n returning value into last;
    insert into revocations (sequence, kind, id, not_before, expires_at, created_at)
        select last - n + i, what, ids[i], tokens_before, forget_after, at from generate_series(1, n) as i;
    perform pg_notify('auth_revocations', last::text);
    return last;
end $$;
