-- Where money is. Everybody has one account from the beginning, whose id is the person's own: a transaction without an account is of
-- that one, and says so by null, as all those of before do.
create table accounts (
    user_id    uuid not null references users on delete cascade,
    id         uuid not null,
    name       text not null constraint accounts_name_length check (char_length(name) between 1 and 64),
    kind       text not null constraint accounts_kind check (kind in ('cash', 'bank', 'card', 'loan', 'savings', 'investment')),
    currency   text not null constraint accounts_currency_form check (currency ~ '^[A-Z]{3}$'),
    opening    money_amount not null default 0,       -- before its first transaction
    on_budget  boolean not null,                      -- what is booked in it counts in the plan; of the person's currency then
    archived   boolean not null default false,
    position   integer not null default 0 constraint accounts_position check (position between 0 and 9999),
    version    bigint not null default 1,
    changed_in bigint not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint accounts_key primary key (user_id, id)
);

-- L2: what live transactions sum to, of each day and of each month, so that a balance on any day is a few hundred rows at most, whatever
-- was booked. Kept by triggers on transactions, so by every write of them, one or a thousand.
create table account_sums (
    user_id    uuid not null,
    account_id uuid not null,
    span       text not null constraint account_sums_span check (span in ('day', 'month')),
    begins     date not null,
    amount     bigint not null,
    constraint account_sums_key primary key (user_id, account_id, span, begins),
    constraint account_sums_account foreign key (user_id, account_id) references accounts on delete cascade
) with (fillfactor = 80);

-- Lines of an account off budget count nowhere in the plan.
alter table transaction_lines add column counts boolean not null default true;

-- Those of before. What clients called an account until now becomes one. Numbers of before, so that nothing is left out by a reader of the
-- feed: what each transaction shows is another now, and cursors of before are told to read anew.
update users set sequence = sequence + 1, forgotten_to = sequence + 1;
insert into accounts (user_id, id, name, kind, currency, on_budget, changed_in, created_at, updated_at)
    select user_id, user_id, 'Account', 'bank', currency, true, sequence, created_at, created_at from users;
insert into accounts (user_id, id, name, kind, currency, on_budget, position, changed_in, created_at, updated_at)
    select u.user_id, a.account_id, 'Account ' || 1 + row_number() over (partition by u.user_id order by a.first, a.account_id), 'bank', u.currency,
        true, least(row_number() over (partition by u.user_id order by a.first, a.account_id), 9999), u.sequence, a.first, a.first
    from (select user_id, account_id, min(created_at) as first from transactions where account_id <> user_id group by 1, 2) a
    join users u on u.user_id = a.user_id;
update transactions set account_id = null where account_id = user_id;
insert into account_sums (user_id, account_id, span, begins, amount)
    select user_id, coalesce(account_id, user_id), 'day', booked_on, sum(amount) from transactions where deleted_at is null group by 1, 2, 4
    union all
    select user_id, coalesce(account_id, user_id), 'month', date_trunc('month', booked_on), sum(amount) from transactions
        where deleted_at is null group by 1, 2, 4;
alter table transactions add constraint transactions_account foreign key (user_id, account_id) references accounts;
-- Pages of one account, and whether there is anything in it.
create index transactions_of_account on transactions (user_id, coalesce(account_id, user_id), booked_on desc, id desc) where deleted_at is null;
create index transactions_account_used on transactions (user_id, account_id) where account_id is not null;
drop index transaction_lines_for_bills;
create index transaction_lines_for_bills on transaction_lines (user_id, category, booked_on, amount)
    include (transaction_id, n, counts) where amount < 0;

create trigger accounts_change before insert or update of version on accounts for each row execute function mark_change();

create function open_first_account() returns trigger language plpgsql set search_path from current as $$
begin
    insert into accounts (user_id, id, name, kind, currency, on_budget, created_at, updated_at)
        values (new.user_id, new.user_id, 'Account', 'bank', new.currency, true, new.created_at, new.created_at);
    return null;
end $$;
create trigger users_account after insert on users for each row execute function open_first_account();

-- The first account is of the person's currency, which moves only while nothing is booked.
create function move_currency() returns trigger language plpgsql set search_path from current as $$
begin
    update accounts set currency = new.currency, version = version + 1, updated_at = new.updated_at where user_id = new.user_id and id = new.user_id;
    return null;
end $$;
create trigger users_currency after update of currency on users for each row when (old.currency <> new.currency) execute function move_currency();

create function sum_accounts() returns trigger language plpgsql set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        insert into account_sums as s (user_id, account_id, span, begins, amount)
            select user_id, account_id, span, case span when 'day' then day else date_trunc('month', day)::date end as begins, sum(amount)
            from (select user_id, coalesce(account_id, user_id) as account_id, booked_on as day, amount from now_there where deleted_at is null) t
            cross join (values ('day'), ('month')) as spans (span) group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (user_id, account_id, span, begins) do update set amount = s.amount + excluded.amount;
    elsif tg_op = 'UPDATE' then
        insert into account_sums as s (user_id, account_id, span, begins, amount)
            select user_id, account_id, span, case span when 'day' then day else date_trunc('month', day)::date end as begins, sum(amount)
            from (select user_id, coalesce(account_id, user_id) as account_id, booked_on as day, amount from now_there where deleted_at is null
                union all
                select user_id, coalesce(account_id, user_id), booked_on, -amount from was_there where deleted_at is null) t
            cross join (values ('day'), ('month')) as spans (span) group by 1, 2, 3, 4 having sum(amount) <> 0 order by 1, 2, 3, 4
        on conflict (user_id, account_id, span, begins) do update set amount = s.amount + excluded.amount;
    else  -- of an account that is going, there are no sums any more
        update account_sums s set amount = s.amount - t.amount
            from (select user_id, account_id, span, case span when 'day' then day else date_trunc('month', day)::date end as begins, sum(amount) as amount
                from (select user_id, coalesce(account_id, user_id) as account_id, booked_on as day, amount from was_there where deleted_at is null) b
                cross join (values ('day'), ('month')) as spans (span) group by 1, 2, 3, 4) t
            where s.user_id = t.user_id and s.account_id = t.account_id and s.span = t.span and s.begins = t.begins;
    end if;
    return null;
end $$;
create trigger transactions_summed_in after insert on transactions referencing new table as now_there
    for each statement execute function sum_accounts();
create trigger transactions_summed_over after update on transactions referencing old table as was_there new table as now_there
    for each statement execute function sum_accounts();
create trigger transactions_summed_out after delete on transactions referencing old table as was_there
    for each statement execute function sum_accounts();
