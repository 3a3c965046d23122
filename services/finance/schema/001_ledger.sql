-- Everything of one person under one key prefix (user_id), so that the schema can be sharded by it. Money is bigint minor
-- units within ±(2^53−1). Times are written by the service's clock, never by now().

create domain money_amount as bigint
    constraint money_amount_range check (value between -9007199254740991 and 9007199254740991);
create domain category_id as text
    constraint category_id_form check (value ~ '^[a-z0-9][a-z0-9_-]{0,63}$');

-- One row per person, made by the first authenticated call. ledger_version grows by one with every ledger write, in the
-- same transaction: its row lock serialises the writes of one person only. budget_version grows with every change of the
-- plan (answers, settings, categories). Together with today they are the ETag of every calendar.
create table users (
    user_id        uuid primary key,
    timezone       text not null,
    currency       text not null constraint users_currency_form check (currency ~ '^[A-Z]{3}$'),
    locale         text not null,
    region         text not null,
    settings       jsonb not null,
    onboarded_on   date,                              -- the day of joining, in the person's zone
    plan_version   bigint not null default 0,         -- of onboarding_answers in force; 0: none yet
    budget_version bigint not null default 0,
    ledger_version bigint not null default 0,
    version        bigint not null default 1,         -- of the profile
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    constraint users_onboarded check ((onboarded_on is null) = (plan_version = 0))
) with (fillfactor = 70);                             -- no index on changing columns: updates stay in the page (HOT)

create table onboarding_answers (
    user_id    uuid not null references users on delete cascade,
    version    bigint not null,
    answers    jsonb not null,
    valid_from date not null,
    created_at timestamptz not null,
    constraint onboarding_answers_key primary key (user_id, version)
);

-- What the person changed or added over the built-in taxonomy; built-in categories without a row are as built in.
create table categories (
    user_id    uuid not null references users on delete cascade,
    id         category_id not null,
    name       text not null constraint categories_name_length check (char_length(name) between 1 and 64),
    class      text not null
        constraint categories_class check (class in ('protected', 'essential', 'flexible', 'discretionary', 'income')),
    aliases    text[] not null default '{}',
    archived   boolean not null default false,
    version    bigint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint categories_key primary key (user_id, id)
);

-- The budget of each opened month, a value written once: revision 1 at the opening, a further one with each replanning,
-- in force from from_day on. chain_from: the first month of the unbroken run of rolling-over months that leads here (the
-- month itself when the one before carries nothing). obligations: occurrences from 14 days before to 14 after the month.
create table periods (
    user_id      uuid not null references users on delete cascade,
    month        date not null constraint periods_month_first check (extract(day from month) = 1),
    revision     integer not null,
    from_day     date not null,
    chain_from   date not null,
    plan_version bigint not null,
    budget       jsonb not null,
    obligations  jsonb not null,
    opened_at    timestamptz not null,
    constraint periods_key primary key (user_id, month, revision)
);

create table transactions (
    user_id       uuid not null references users on delete cascade,
    id            uuid not null,
    account_id    uuid,
    booked_on     date not null,
    occurred_at   timestamptz,
    amount        money_amount not null,              -- spending negative
    currency      text not null constraint transactions_currency_form check (currency ~ '^[A-Z]{3}$'),
    payee         text constraint transactions_payee_length check (char_length(payee) <= 200),
    note          text constraint transactions_note_length check (char_length(note) <= 1000),
    tags          text[] not null default '{}' constraint transactions_tags_count check (cardinality(tags) <= 20),
    bill_id       text,                               -- of the occurrence it was linked to by hand
    bill_unlinked boolean not null default false,     -- pays no bill, whatever fits
    version       bigint not null default 1,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    deleted_at    timestamptz,
    constraint transactions_key primary key (user_id, id)
);
create index transactions_newest on transactions (user_id, booked_on desc, id desc) where deleted_at is null;
create index transactions_linked on transactions (user_id, bill_id) where bill_id is not null;

-- One line per split; a transaction with one category has one line. booked_on is the parent's, kept equal by L3's trigger.
create table transaction_lines (
    user_id        uuid not null,
    transaction_id uuid not null,
    n              integer not null constraint transaction_lines_number check (n between 1 and 100),
    category       category_id not null,
    amount         money_amount not null,
    note           text constraint transaction_lines_note_length check (char_length(note) <= 500),
    booked_on      date not null,
    constraint transaction_lines_key primary key (user_id, transaction_id, n),
    constraint transaction_lines_parent foreign key (user_id, transaction_id) references transactions on delete cascade
);
create index transaction_lines_by_category on transaction_lines (user_id, category, booked_on desc, transaction_id desc);
-- Which spending may pay a bill: a range of amounts on a day (facts_store.cpp).
create index transaction_lines_for_bills on transaction_lines (user_id, category, booked_on, amount)
    include (transaction_id, n) where amount < 0;

-- Positive spending per day and category (refunds and incomes negative), kept by commutative adds in the transaction's own
-- database transaction: L4: equals the negated sum of the lines of live transactions.
create table day_actual (
    user_id  uuid not null references users on delete cascade,
    day      date not null,
    category category_id not null,
    spent    bigint not null
        constraint day_actual_range check (spent between -9007199254740991 and 9007199254740991),
    constraint day_actual_key primary key (user_id, day, category)
) with (fillfactor = 80);

-- L3: the lines of a transaction sum to its amount and stand on its day; looked at when the database transaction commits.
create function check_lines() returns trigger language plpgsql as $$
declare
    parent transactions%rowtype;
    total  numeric;
    others integer;
    owner  uuid := case when tg_op = 'DELETE' then old.user_id else new.user_id end;
    which  uuid;
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
    select coalesce(sum(l.amount), 0), count(*) filter (where l.booked_on <> parent.booked_on) into total, others
        from transaction_lines l where l.user_id = owner and l.transaction_id = which;
    if total <> parent.amount or others > 0 then
        raise exception 'the lines of a transaction do not sum to it'
            using errcode = 'check_violation', constraint = 'transaction_lines_sum';
    end if;
    return null;
end $$;
create constraint trigger transactions_sum after insert or update of amount, booked_on on transactions
    deferrable initially deferred for each row execute function check_lines();
create constraint trigger transaction_lines_sum after insert or update or delete on transaction_lines
    deferrable initially deferred for each row execute function check_lines();

-- The first answer to each keyed POST, committed with its effect; kept at least 24 hours.
create table idempotency (
    user_id     uuid not null references users on delete cascade,
    scope       text not null,                        -- method and path
    key         text not null constraint idempotency_key_form check (key ~ '^[\x21-\x7e]{1,255}$'),
    fingerprint bytea not null,                       -- SHA-256 of the body
    status      integer not null,
    headers     text not null,                        -- lines as sent (ETag, Location)
    body        text not null,                        -- byte for byte
    created_at  timestamptz not null,
    constraint idempotency_key primary key (user_id, scope, key)
);
create index idempotency_by_age on idempotency (created_at);

-- What other nodes must forget. A NOTIFY on finance_invalidations says "look"; the table is the truth. Read by `tx` against
-- the snapshot's horizon, so that no row that commits late is missed (a bare sequence would lose it).
create table invalidations (
    seq        bigserial primary key,
    tx         xid8 not null default pg_current_xact_id(),
    kind       text not null,
    id         uuid not null,
    created_at timestamptz not null
);
create index invalidations_by_tx on invalidations (tx);
