-- Wrong passwords are slowed, exactly, on however many instances (L1 to L4). An attempt is begun before anything is hashed and judged after;
-- while it is open it counts as one that may fail.

-- key: 'a:' an account from networks it never logged in from, 'n:' a network, 'p:' an account from one network, 'm:' mails asked for. An
-- account is a MAC of the address that was typed, whether anybody has it or not. failures: in a row ('a', 'p'); leaking away ('n', 'm').
create table throttles (
    key      text primary key,
    failures integer not null default 0,
    open     integer not null default 0,
    last_at  timestamptz not null,                      -- of the last failure
    begun_at timestamptz not null                       -- of the last attempt
) with (fillfactor = 80);
create index throttles_by_age on throttles (begun_at);

-- Where people logged in from: strangers' failures do not slow them there, so nobody is locked out of their own account.
create table known_networks (
    user_id uuid not null references users (id) on delete cascade,
    network text not null,
    seen_at timestamptz not null,
    primary key (user_id, network)
);

-- The row, locked, made when there is none. Attempts that were open for half a minute were never judged: their instance died.
create function touch_throttle(which text, at timestamptz) returns throttles language plpgsql as $$
declare
    t throttles;
begin
    insert into throttles (key, last_at, begun_at) values (which, at, at)
        on conflict (key) do update
        set open = case when throttles.begun_at < at - interval '30 seconds' then 0 else throttles.open end returning * into t;
    return t;
end $$;

-- What is left of failures that leak away, one each `every`.
create function leaked(failures integer, last_at timestamptz, at timestamptz, every interval) returns integer language sql immutable as $$
    select greatest(0, failures - floor(extract(epoch from greatest(at - last_at, interval '0')) / extract(epoch from every))::integer)
$$;

-- Seconds to wait before the next attempt: none for the first `free` failures in a row, then 1, 2, 4 ... 900 since the last one.
create function backoff(failures integer, free integer, last_at timestamptz, at timestamptz) returns numeric language sql immutable as $$
    select case when failures < free then 0
        else least(power(2, least(failures - free, 10)), 900) - extract(epoch from at - last_at) end
$$;

-- outcome: begun | busy (others are open that may use up what is free: come again) | slowed (wait_s). account null: only the network
-- counts (a token that was guessed). network null: an address that stands for nobody. Rows are locked in the order a, n, p.
-- A database that dies may forget the last of these writes: no attempt waits for its disk.
create function begin_attempt(account text, network_is text, address_key text, moved bigint,
                              out outcome text, out wait_s integer, out known boolean) language plpgsql as $$
declare
    at timestamptz := judged_at(moved);
    keys text[] := '{}';
    a throttles;
    n throttles;
    p throttles;
    wait numeric := 0;
    busy boolean := false;
    so_far integer;
begin
    perform set_config('synchronous_commit', 'off', true);
    known := exists (select from known_networks k join users u on u.id = k.user_id
                     where u.email_norm = address_key and k.network = coalesce(network_is, ''));
    if account is not null and not known then
        a := touch_throttle('a:' || account, at);
        keys := keys || a.key;
        wait := greatest(wait, backoff(a.failures, 10, a.last_at, at), case when a.failures >= 50 then 3600 else 0 end);
        busy := busy or a.open >= greatest(1, 10 - a.failures);
    elsif known then                                    -- a hundred in a row, of whoever, end it here too
        select failures into so_far from throttles where key = 'a:' || account;
        wait := case when so_far >= 100 then 3600 else 0 end;
    end if;
    if network_is is not null and not known then
        n := touch_throttle('n:' || network_is, at);
        keys := keys || n.key;
        so_far := leaked(n.failures, n.last_at, at, interval '10 seconds');
        wait := greatest(wait, case when so_far >= 10 then 10 - extract(epoch from at - n.last_at) else 0 end);
        busy := busy or n.open >= greatest(1, 10 - so_far);
    end if;
    if account is not null then
        p := touch_throttle('p:' || account || ':' || coalesce(network_is, ''), at);
        keys := keys || p.key;
        wait := greatest(wait, backoff(p.failures, 5, p.last_at, at));
        busy := busy or p.open >= greatest(1, 5 - p.failures);
    end if;
    wait_s := ceil(wait);
    outcome := case when wait_s > 0 then 'slowed' when busy then 'busy' else 'begun' end;
    if outcome = 'begun' then
        update throttles set open = open + 1, begun_at = at where key = any (keys);
    end if;
end $$;

-- result: failed | passed (person: who logged in; what was counted against the account is forgotten) | dropped (nothing was tried).
create function end_attempt(account text, network_is text, known boolean, result text, person uuid, moved bigint)
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
        insert into known_networks (user_id, network, seen_at) values (person, coalesce(network_is, ''), at)
            on conflict (user_id, network) do update set seen_at = at where known_networks.seen_at < at - interval '1 day';
    end if;
end $$;

-- A mail to an address that somebody typed. outcome: taken (sent or not: five an hour and address, then none) | slowed (wait_s: the
-- network asked for too many) | full. The same for every address (P7).
create function ask_mail(account text, network_is text, new_id uuid, what text, address text, address_key text, person uuid, tongue text,
                         about text, keep_s bigint, most integer, moved bigint, out outcome text, out wait_s integer) language plpgsql as $$
declare
    at timestamptz := judged_at(moved);
    t throttles;
    so_far integer;
begin
    wait_s := 0;
    outcome := 'taken';
    if network_is is not null then
        t := touch_throttle('m:n:' || network_is, at);
        so_far := leaked(t.failures, t.last_at, at, interval '1 minute');
        if so_far >= 20 then
            outcome := 'slowed';
            wait_s := greatest(1, ceil(60 - extract(epoch from at - t.last_at)));
            return;
        end if;
        update throttles set failures = so_far + 1, last_at = at, begun_at = at where key = t.key;
    end if;
    t := touch_throttle('m:a:' || account, at);
    so_far := leaked(t.failures, t.last_at, at, interval '12 minutes');
    if so_far >= 5 then
        return;
    end if;
    update throttles set failures = so_far + 1, last_at = at, begun_at = at where key = t.key;
    if not queue_mail(new_id, what, address, address_key, person, tongue, about, keep_s, most, moved) then
        outcome := 'full';
    end if;
end $$;
