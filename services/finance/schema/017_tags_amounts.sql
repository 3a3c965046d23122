-- How often each tag is there, kept with transaction_tags.
create table tag_counts (
    user_id uuid not null references users on delete cascade,
    tag     text not null,
    uses    bigint not null,
    constraint tag_counts_key primary key (user_id, tag)
);
create index tag_counts_by_name on tag_counts (user_id, tag collate "C");
insert into tag_counts select user_id, tag, count(*) from transaction_tags group by 1, 2;
create function count_tags() returns trigger language plpgsql set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        insert into tag_counts as c select user_id, tag, count(*) from now_there group by 1, 2 order by 1, 2
            on conflict (user_id, tag) do update set uses = c.uses + excluded.uses;
    else
        update tag_counts c set uses = c.uses - g.n
            from (select user_id, tag, count(*) as n from was_there group by 1, 2) g where g.user_id = c.user_id and g.tag = c.tag;
        delete from tag_counts c using (select distinct user_id, tag from was_there) g
            where g.user_id = c.user_id and g.tag = c.tag and c.uses <= 0;
    end if;
    return null;
end $$;
create trigger transaction_tags_counted_in after insert on transaction_tags referencing new table as now_there
    for each statement execute function count_tags();
create trigger transaction_tags_counted_out after delete on transaction_tags referencing old table as was_there
    for each statement execute function count_tags();

-- Pages by amount. No index has a range of amounts in the order of days; this has it within each year, so that few rows are read of each.
create function booking_year(day date) returns integer language sql immutable parallel safe as $$ select extract(year from day)::integer $$;
create index transactions_amounts on transactions (user_id, booking_year(booked_on), amount, booked_on desc, id desc) where deleted_at is null;
-- The newest of these amounts before a place and from a day on.
create function entries_by_amount(who uuid, least_amount bigint, most_amount bigint, before_day date, before_id uuid, from_day date,
    wanted bigint) returns table (booked_on date, id uuid) language plpgsql stable set search_path from current as $$
declare
    this_year integer := booking_year(before_day);
    found_here bigint;
begin
    while wanted > 0 loop
        select booking_year(t.booked_on) into this_year from transactions t
            where t.user_id = who and t.deleted_at is null and booking_year(t.booked_on) <= this_year
            order by booking_year(t.booked_on) desc limit 1;
        exit when this_year is null or this_year < booking_year(from_day);
        -- offset 0: by the amounts, whatever the planner believes of the order
        return query select e.booked_on, e.id from (select t.booked_on, t.id from transactions t
                where t.user_id = who and t.deleted_at is null and booking_year(t.booked_on) = this_year
                    and t.amount between least_amount and most_amount
                    and (t.booked_on, t.id) < (before_day, before_id) and t.booked_on >= from_day offset 0) e
            order by e.booked_on desc, e.id desc limit wanted;
        get diagnostics found_here = row_count;
        wanted := wanted - found_here;
        this_year := this_year - 1;
    end loop;
end $$;
