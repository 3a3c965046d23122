-- The peer's own schema: the same facts as finance and auth keep, as a small FastAPI service would store them.
create schema peer;
create table peer.users (
    id            uuid primary key,
    email         text not null unique,
    display_name  text not null,
    password_hash text not null,
    timezone      text not null,
    currency      text not null,
    locale        text not null,
    region        text not null,
    onboarded     boolean not null,
    settings      json not null,                     -- keeps the order of members
    is_active     boolean not null default true
);
create table peer.transactions (
    user_id     uuid not null references peer.users,
    id          uuid not null,
    account_id  uuid,
    booked_on   date not null,
    occurred_at timestamptz,
    amount      bigint not null,
    currency    text not null,
    category    text not null,
    payee       text,
    note        text,
    tags        text[] not null,
    bill_id     text,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (user_id, id)
);
create index transactions_newest on peer.transactions (user_id, booked_on desc, id desc);
