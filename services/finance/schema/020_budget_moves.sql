-- What was moved from one category's budget of a month to another's, from a day on. The plan is planned with them (periods); written once, kept.
create table budget_moves (
    user_id       uuid not null references users on delete cascade,
    id            uuid not null,
    month         date not null,
    day           date not null,
    from_category text not null,
    to_category   text not null,
    amount        money_amount not null constraint budget_moves_amount check (amount > 0),
    currency      text not null,
    note          text constraint budget_moves_note_length check (char_length(note) <= 500),
    changed_in    bigint not null default 0,
    created_at    timestamptz not null,
    constraint budget_moves_key primary key (user_id, id),
    constraint budget_moves_two check (from_category <> to_category)
);
create index budget_moves_of_month on budget_moves (user_id, month, created_at, id);
create index budget_moves_changed on budget_moves (user_id, changed_in, id);
create trigger budget_moves_change before insert on budget_moves for each row execute function mark_change();
