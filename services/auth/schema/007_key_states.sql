-- Signing keys from state to state: next (published, signs nothing) → active (signs) → retiring (its tokens are good still) → revoked.
-- Judged by the database's clock, each step in one transaction, on however many instances.
create unique index signing_keys_one_next on signing_keys ((state)) where state = 'next';

-- next becomes active once it was published for `published_s`; outcome: rotated | none (there is no next) | young.
create function rotate_keys(published_s bigint, moved bigint, out outcome text, out kid_now text) language plpgsql as $$
declare
    at timestamptz := judged_at(moved);
    n signing_keys;
begin
    perform pg_advisory_xact_lock(7302);
    select * into n from signing_keys where state = 'next';
    if n.kid is null then
        outcome := 'none';
    elsif n.changed_at > at - published_s * interval '1 second' then
        outcome := 'young';
    else
        update signing_keys set state = 'retiring', changed_at = at where state = 'active';
        update signing_keys set state = 'active', changed_at = at where kid = n.kid;
        outcome := 'rotated';
        kid_now := n.kid;
    end if;
end $$;

-- Retiring keys whose last token is dead: their private half goes.
create function retire_keys(tokens_live_s bigint, moved bigint) returns integer language plpgsql as $$
declare
    n integer;
begin
    perform pg_advisory_xact_lock(7302);
    update signing_keys set state = 'revoked', private_key = '', changed_at = judged_at(moved)
        where state = 'retiring' and changed_at < judged_at(moved) - tokens_live_s * interval '1 second';
    get diagnostics n = row_count;
    return n;
end $$;

-- A key and all its tokens die at once. In the place of the active one steps next, or else the fresh one given. The sequence of the
-- revocation; null when there is no such living key.
create function revoke_key(which text, fresh_kid text, fresh_algorithm text, fresh_public text, fresh_private bytea, tokens_live_s bigint,
                           moved bigint, wrote_at timestamptz) returns bigint language plpgsql as $$
declare
    at timestamptz := judged_at(moved);
    was text;
begin
    perform pg_advisory_xact_lock(7302);
    select state into was from signing_keys where kid = which and state <> 'revoked';
    if was is null then
        return null;
    end if;
    update signing_keys set state = 'revoked', private_key = '', changed_at = at where kid = which;
    if was = 'active' then
        update signing_keys set state = 'active', changed_at = at where state = 'next';
        if not found then
            insert into signing_keys (kid, algorithm, state, public_jwk, private_key, created_at, changed_at)
                values (fresh_kid, fresh_algorithm, 'active', fresh_public, fresh_private, at, at);
        end if;
    end if;
    return publish_revocations('key', array[which], null, at + tokens_live_s * interval '1 second', wrote_at);
end $$;
