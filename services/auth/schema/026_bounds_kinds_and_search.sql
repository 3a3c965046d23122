-- What grows with traffic is bounded; what refusals are to cost is found by an index; a part of an address or a name, too.

-- Networks nobody came from for long are forgotten, and the oldest beyond 50 of a person.
create index known_networks_by_age on known_networks (seen_at);
create function know_network(person uuid, which text, at timestamptz) returns void language plpgsql as $$
begin
    insert into known_networks (user_id, network, seen_at) select u.id, which, at from users u where u.id = person for key share of u
        on conflict (user_id, network) do update set seen_at = at where known_networks.seen_at < at - interval '1 day';
    if found then
        delete from known_networks k where k.user_id = person
            and k.network in (select network from known_networks where user_id = person order by seen_at desc, network offset 50);
    end if;
end $$;

-- As before (022); what is known of networks is know_network()'s.
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
        perform know_network(person, coalesce(network_is, ''), at);
    end if;
end $$;

create index totp_secrets_begun on totp_secrets (begun_at) where confirmed_at is null;

-- The kind of a password's hash: all before its salt. '' when it is none.
create function hash_kind(stored text) returns text language sql immutable parallel safe as $$
    select coalesce(substring(stored from '^(?:\$mita\$v=1\$alg=[a-z0-9]+\$pepper=[^$]*)?'
        '(?:\$2[abxy]\$[0-9][0-9]|\$argon2id\$v=[0-9]+\$[^$]*|\$?pbkdf2[^$]*\$[0-9]+|\$scrypt\$[^$]*)\$'), '')
$$;
create index users_hash_kind on users (hash_kind(password_hash));

-- What a part of an address or a name is compared with: its wildcards stand for themselves.
create function part_pattern(part text) returns text language sql immutable parallel safe as $$
    select '%' || regexp_replace(lower(normalize(part)), '([\\%_])', '\\\1', 'g') || '%'
$$;
-- Trigrams where the database has them; where it has none, or does not let us, a search reads the table.
do $$
declare
    ops text;
begin
    begin
        create extension if not exists pg_trgm;
    exception when others then
        raise notice 'no pg_trgm here: searches of administrators read the whole table of users (%)', sqlerrm;
    end;
    select quote_ident(n.nspname) || '.gin_trgm_ops' into ops from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
    if ops is not null then
        execute 'create index users_by_part_of_address on users using gin (email_norm ' || ops || ')';
        execute 'create index users_by_part_of_name on users using gin (lower(display_name) ' || ops || ')';
    end if;
end $$;
