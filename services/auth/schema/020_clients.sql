-- Services that ask auth by themselves: client_credentials, introspection, revocation. They are no people: their tokens have an audience
-- of their own and no session of anybody's.

-- secret_hash: SHA-256 of 256 random bits (O2). former_hash: still good until former_until. session: what the `sid` of its tokens names, so
-- that revoking it ends them all; another one after a change of secret that leaves the former no time.
create table clients (
    id           uuid primary key,
    name         text not null,
    scope        text not null,
    secret_hash  bytea not null,
    former_hash  bytea,
    former_until timestamptz,
    session      uuid not null,
    created_at   timestamptz not null,
    rotated_at   timestamptz not null,
    constraint clients_name_unique unique (name),
    constraint clients_name_bounds check (char_length(name) between 1 and 64)
);

-- A new secret. The former one and the tokens it got end at once, or go on for overlap_s. False: there is no such client.
create function rotate_client(who uuid, fresh bytea, fresh_session uuid, overlap_s bigint, tokens_live_s bigint, moved bigint,
                              wrote_at timestamptz) returns boolean language plpgsql as $$
declare
    was clients;
    at timestamptz := judged_at(moved);
begin
    select * into was from clients where id = who for update;
    if was.id is null then
        return false;
    end if;
    if overlap_s > 0 then
        update clients set former_hash = secret_hash, former_until = at + overlap_s * interval '1 second', secret_hash = fresh,
            rotated_at = wrote_at where id = who;
    else
        update clients set former_hash = null, former_until = null, secret_hash = fresh, session = fresh_session, rotated_at = wrote_at
            where id = who;
        perform publish_revocations('session', array[was.session::text], null, at + tokens_live_s * interval '1 second', wrote_at);
    end if;
    return true;
end $$;

create function remove_client(who uuid, tokens_live_s bigint, moved bigint, wrote_at timestamptz) returns boolean language plpgsql as $$
declare
    was uuid;
begin
    delete from clients where id = who returning session into was;
    if was is null then
        return false;
    end if;
    perform publish_revocations('session', array[was::text], null, judged_at(moved) + tokens_live_s * interval '1 second', wrote_at);
    return true;
end $$;
