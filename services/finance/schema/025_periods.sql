-- A budget period begins and ends on the days its person's rules say, of which calendar months are one: `month` is its first day, which it is
-- known by, `next` the day after its last.
alter table periods drop constraint periods_month_first, add column next date;
update periods set next = month + interval '1 month';
alter table periods alter column next set not null, add constraint periods_days check (next > month and next <= month + 62);

-- T1: the periods of a person do not overlap, and the revisions of one are of the same days. An instance of the release before, which knows only
-- calendar months, says no end.
create function check_period() returns trigger language plpgsql set search_path from current as $$
begin
    new.next := coalesce(new.next, (new.month + interval '1 month')::date);
    if exists (select from periods p where p.user_id = new.user_id and p.month between new.month - 62 and new.next - 1
            and p.next > new.month and (p.month, p.next) <> (new.month, new.next)) then
        raise exception 'period % to % overlaps another', new.month, new.next using errcode = 'exclusion_violation', constraint = 'periods_apart';
    end if;
    return new;
end $$;
create trigger periods_apart before insert or update of month, next on periods for each row execute function check_period();

alter table budget_moves add column next date;
update budget_moves set next = month + interval '1 month';
alter table budget_moves alter column next set not null;
create function end_of_moved_period() returns trigger language plpgsql as $$
begin
    new.next := coalesce(new.next, (new.month + interval '1 month')::date);
    return new;
end $$;
create trigger budget_moves_end before insert on budget_moves for each row execute function end_of_moved_period();
