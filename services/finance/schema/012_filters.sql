-- Pages by payee and by tag, each in the order of an index. A payee is compared as a search compares (search_key before its line end); by a
-- hash, for folded text may be longer than an index takes.
create index transactions_of_payee on transactions (user_id, md5(split_part(search_key, E'\n', 1)), booked_on desc, id desc)
    where deleted_at is null and payee is not null;

-- One row a tag of each live transaction, kept by triggers on transactions.
create table transaction_tags (
    user_id        uuid not null references users on delete cascade,
    tag            text not null,
    booked_on      date not null,
    transaction_id uuid not null,
    constraint transaction_tags_key primary key (user_id, tag, booked_on, transaction_id)
);
insert into transaction_tags
    select distinct t.user_id, tag, t.booked_on, t.id from transactions t cross join unnest(t.tags) as tag where t.deleted_at is null;

create function index_tags() returns trigger language plpgsql set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        insert into transaction_tags
            select distinct n.user_id, tag, n.booked_on, n.id from now_there n cross join unnest(n.tags) as tag where n.deleted_at is null;
    elsif tg_op = 'DELETE' then
        delete from transaction_tags g using was_there w
            where g.user_id = w.user_id and g.tag = any(w.tags) and g.booked_on = w.booked_on and g.transaction_id = w.id;
    elsif exists (select from now_there n join was_there w on w.user_id = n.user_id and w.id = n.id
            where (n.tags, n.booked_on, n.deleted_at) is distinct from (w.tags, w.booked_on, w.deleted_at)) then
        delete from transaction_tags g using was_there w
            where g.user_id = w.user_id and g.tag = any(w.tags) and g.booked_on = w.booked_on and g.transaction_id = w.id;
        insert into transaction_tags
            select distinct n.user_id, tag, n.booked_on, n.id from now_there n cross join unnest(n.tags) as tag where n.deleted_at is null;
    end if;
    return null;
end $$;
create trigger transactions_tagged_in after insert on transactions referencing new table as now_there
    for each statement execute function index_tags();
create trigger transactions_tagged_over after update on transactions referencing old table as was_there new table as now_there
    for each statement execute function index_tags();
create trigger transactions_tagged_out after delete on transactions referencing old table as was_there
    for each statement execute function index_tags();
