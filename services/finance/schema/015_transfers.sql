-- A transfer: two transactions of one person, its legs, that are one thing. What left stands in one account, what arrived in another.
create table transfers (
    user_id      uuid not null references users on delete cascade,
    id           uuid not null,
    from_id      uuid not null,                       -- the leg that left
    to_id        uuid not null,                       -- the leg that arrived
    from_account uuid not null,
    to_account   uuid not null,
    booked_on    date not null,                       -- the day it left
    paired       boolean not null default false,      -- of two transactions that were there before
    before       jsonb,                               -- of those: what pairing took from them, for unpairing
    version      bigint not null default 1,
    changed_in   bigint not null default 0,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    deleted_at   timestamptz,
    constraint transfers_key primary key (user_id, id),
    constraint transfers_accounts check (from_account <> to_account)
);
create index transfers_newest on transfers (user_id, booked_on desc, id desc) where deleted_at is null;
create index transfers_from on transfers (user_id, from_account, booked_on desc, id desc) where deleted_at is null;
create index transfers_to on transfers (user_id, to_account, booked_on desc, id desc) where deleted_at is null;
create index transfers_changed on transfers (user_id, changed_in, id);
create index transfers_paired on transfers (user_id) where before is not null;

alter table transactions add column transfer_id uuid;
create index transactions_of_transfer on transactions (user_id, transfer_id) where transfer_id is not null;
alter table transactions add constraint transactions_transfer foreign key (user_id, transfer_id) references transfers;
-- A leg that counts nowhere has one line without a category.
alter table transaction_lines alter column category drop not null;
alter table transaction_lines add constraint transaction_lines_counted check (category is not null or not counts);

create trigger transfers_change before insert or update of version on transfers for each row execute function mark_change();

-- A transfer is another when a leg is: once a write.
create function touch_transfer() returns trigger language plpgsql set search_path from current as $$
begin
    update transfers x set version = x.version + 1, updated_at = new.updated_at
        where x.user_id = new.user_id and x.id = new.transfer_id and x.changed_in < new.changed_in;
    return null;
end $$;
create trigger transactions_touch_transfer after update of version on transactions for each row
    when (new.transfer_id is not null and new.transfer_id is not distinct from old.transfer_id) execute function touch_transfer();

-- L1: the two legs of a transfer are there or deleted with it, in two accounts; in one currency they sum to nothing. At most one counts:
-- that of an account on budget, when the other is off. Looked at when the database transaction commits.
create function is_whole(x transfers) returns boolean language sql stable set search_path from current as $$
    select count(*) = 2 and bool_and(t.id in (x.from_id, x.to_id)) and bool_and((t.amount < 0) = (t.id = x.from_id) and t.amount <> 0)
        and (count(distinct t.currency) = 2 or sum(t.amount) = 0)
        and bool_and((t.deleted_at is null) = (x.deleted_at is null))
        and bool_and(coalesce(t.account_id, t.user_id) = case t.id when x.from_id then x.from_account else x.to_account end)
        and bool_and(t.id <> x.from_id or t.booked_on = x.booked_on)
        and count(*) filter (where l.counts) <= 1
        and bool_and(case when l.counts then l.named and a.on_budget else l.lines = 1 and not l.named and t.bill_id is null end)
        and (count(*) filter (where l.counts) = 0 or count(*) filter (where not a.on_budget) = 1)
    from transactions t
    join accounts a on a.user_id = t.user_id and a.id = coalesce(t.account_id, t.user_id)
    cross join lateral (select bool_or(counts) as counts, bool_and(category is not null) as named, count(*) as lines
        from transaction_lines n where n.user_id = t.user_id and n.transaction_id = t.id) l
    where t.user_id = x.user_id and t.transfer_id = x.id
$$;
create function check_transfer() returns trigger language plpgsql set search_path from current as $$
declare
    one  transfers%rowtype;
    mine uuid[];
begin
    if tg_table_name = 'transfers' then
        mine := array[new.id];
    elsif tg_op = 'INSERT' then
        mine := array[new.transfer_id];
    else
        mine := array[old.transfer_id, new.transfer_id];
    end if;
    for one in select * from transfers x where x.user_id = new.user_id and x.id = any(mine) loop
        if not is_whole(one) then
            raise exception 'the legs of a transfer are not one thing' using errcode = 'check_violation', constraint = 'transfers_whole';
        end if;
    end loop;
    return null;
end $$;
create constraint trigger transfers_whole after insert or update on transfers
    deferrable initially deferred for each row execute function check_transfer();
create constraint trigger transfers_leg_in after insert on transactions
    deferrable initially deferred for each row when (new.transfer_id is not null) execute function check_transfer();
create constraint trigger transfers_leg_over after update on transactions
    deferrable initially deferred for each row when (old.transfer_id is not null or new.transfer_id is not null) execute function check_transfer();

-- Only such a leg has a line without a category.
create or replace function check_lines() returns trigger language plpgsql set search_path from current as $$
declare
    parent  transactions%rowtype;
    total   numeric;
    others  integer;
    nowhere integer;
    owner   uuid := case when tg_op = 'DELETE' then old.user_id else new.user_id end;
    which   uuid;
begin
    if tg_table_name = 'transactions' then
        which := new.id;
    elsif tg_op = 'DELETE' then
        which := old.transaction_id;
    else
        which := new.transaction_id;
    end if;
    select * into parent from transactions t where t.user_id = owner and t.id = which;
    if not found then
        return null;
    end if;
    select coalesce(sum(l.amount), 0), count(*) filter (where l.booked_on <> parent.booked_on), count(*) filter (where l.category is null)
        into total, others, nowhere from transaction_lines l where l.user_id = owner and l.transaction_id = which;
    if total <> parent.amount or others > 0 then
        raise exception 'the lines of a transaction do not sum to it'
            using errcode = 'check_violation', constraint = 'transaction_lines_sum';
    end if;
    if nowhere > 0 and parent.transfer_id is null then
        raise exception 'a transaction that is no transfer has a category'
            using errcode = 'check_violation', constraint = 'transaction_lines_named';
    end if;
    return null;
end $$;
