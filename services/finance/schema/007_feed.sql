-- The feed of changes. A person's sequence is gap-free: each write moves a version of the person's row, which is then locked,
-- and the sequence by one, so whoever sees a number sees all before it. Each thing says in which write it was last changed.
alter table users add column sequence bigint not null default 0,
    add column profile_changed_in bigint not null default 0,
    add column plan_changed_in bigint not null default 0,
    add column forgotten_to bigint not null default 0;    -- up to here what was removed is not told any more
alter table transactions add column changed_in bigint not null default 0;
alter table categories add column changed_in bigint not null default 0;
create index transactions_changed on transactions (user_id, changed_in, id);

-- What was removed for good; transactions only carry deleted_at.
create table removed (
    user_id    uuid not null references users on delete cascade,
    kind       text not null,
    key        text not null,
    changed_in bigint not null,
    removed_at timestamptz not null,
    constraint removed_key primary key (user_id, kind, key)
);
create index removed_by_age on removed (removed_at);

-- The number of the write under way, whether the person's version has moved in it already or will. Takes the person's lock:
-- numbers are given in the order of commits.
create function this_write(who uuid) returns bigint language plpgsql as $$
declare
    last  bigint;
    moved boolean;
begin
    select u.sequence, u.xmin = pg_current_xact_id()::xid into last, moved
        from users u where u.user_id = who for no key update;
    return last + case when moved then 0 else 1 end;
end $$;

create function mark_change() returns trigger language plpgsql as $$
begin
    new.changed_in := coalesce(this_write(new.user_id), 0);
    return new;
end $$;
create trigger transactions_change before insert or update on transactions for each row execute function mark_change();
create trigger categories_change before insert or update on categories for each row execute function mark_change();

create function mark_person() returns trigger language plpgsql as $$
begin
    new.sequence := old.sequence + 1;
    if new.version <> old.version then
        new.profile_changed_in := new.sequence;
    end if;
    if new.plan_version <> old.plan_version or new.timezone <> old.timezone then
        new.plan_changed_in := new.sequence;
    end if;
    return new;
end $$;
create trigger users_change before update of ledger_version, budget_version, version on users
    for each row execute function mark_person();

create function remove_for_good(who uuid, what text, which text, at timestamptz) returns void language sql as $$
    insert into removed (user_id, kind, key, changed_in, removed_at) values (who, what, which, this_write(who), at)
    on conflict (user_id, kind, key) do update set changed_in = excluded.changed_in, removed_at = excluded.removed_at
$$;

-- A bounded step of forgetting what was removed long ago; how many there were.
create function forget_removed(before timestamptz, most integer) returns bigint language sql as $$
    with gone as (delete from removed r using (select user_id, kind, key from removed where removed_at < before
            order by removed_at limit most for update skip locked) o
            where r.user_id = o.user_id and r.kind = o.kind and r.key = o.key returning r.user_id, r.changed_in),
        told as (update users u set forgotten_to = greatest(u.forgotten_to, g.last)
            from (select user_id, max(changed_in) as last from gone group by user_id) g where u.user_id = g.user_id)
    select count(*) from gone
$$;
