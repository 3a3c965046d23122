-- What the bank said an account held at the end of a day.
create table checkpoints (
    user_id    uuid not null,
    id         uuid not null,
    account_id uuid not null,
    day        date not null,
    balance    money_amount not null,
    currency   text not null,                         -- the account's, which stays while there is one
    held       boolean not null default false,        -- what was booked said the same when it was last written
    version    bigint not null default 1,
    changed_in bigint not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint checkpoints_key primary key (user_id, id),
    constraint checkpoints_day unique (user_id, account_id, day),
    constraint checkpoints_account foreign key (user_id, account_id) references accounts on delete cascade
);
create index checkpoints_changed on checkpoints (user_id, changed_in, id);

-- What each day of an account summed to when a checkpoint of it or of a later day held: so that a drift has its first day.
create table known_days (
    user_id    uuid not null,
    account_id uuid not null,
    day        date not null,
    amount     bigint not null,
    constraint known_days_key primary key (user_id, account_id, day),
    constraint known_days_account foreign key (user_id, account_id) references accounts on delete cascade
);

create trigger checkpoints_change before insert or update of version on checkpoints for each row execute function mark_change();

-- L2: the opening balance, months before the day's, days of its own.
create function balance_at(who uuid, account uuid, at date) returns numeric language sql stable set search_path from current as $$
    select a.opening::numeric
        + coalesce((select sum(s.amount) from account_sums s where s.user_id = who and s.account_id = account
            and s.span = 'month' and s.begins < date_trunc('month', at)::date), 0)
        + coalesce((select sum(s.amount) from account_sums s where s.user_id = who and s.account_id = account
            and s.span = 'day' and s.begins between date_trunc('month', at)::date and at), 0)
    from accounts a where a.user_id = who and a.id = account
$$;

-- A checkpoint that holds when it is written makes the days since the last one before it known.
create function hold_checkpoint() returns trigger language plpgsql set search_path from current as $$
declare
    since date;
    holds boolean := balance_at(new.user_id, new.account_id, new.day) = new.balance;
begin
    if holds then
        select coalesce(max(c.day), '-infinity') into since from checkpoints c
            where c.user_id = new.user_id and c.account_id = new.account_id and c.held and c.id <> new.id and c.day < new.day;
        delete from known_days k where k.user_id = new.user_id and k.account_id = new.account_id and k.day > since and k.day <= new.day;
        insert into known_days (user_id, account_id, day, amount)
            select s.user_id, s.account_id, s.begins, s.amount from account_sums s
            where s.user_id = new.user_id and s.account_id = new.account_id and s.span = 'day' and s.begins > since and s.begins <= new.day
                and s.amount <> 0;
    end if;
    update checkpoints c set held = holds where c.user_id = new.user_id and c.id = new.id and c.held <> holds;
    return null;
end $$;
create trigger checkpoints_hold after insert or update of day, balance on checkpoints for each row execute function hold_checkpoint();
