-- A budget period begins and ends on the days its person's rules say, of which calendar months are one: `month` is its first day, which it is
-- known by, `next` the day after its last.
alter table periods drop constraint periods_month_first, add column next date;
update periods set next = month + interval '1 month';
alter table periods alter column next set not null, add constraint periods_days check (next > month and next <= month + 62);

-- T1: the periods of a person do not overlap, and the revisions of one are of the same days.
create function check_period() returns trigger language plpgsql set search_path from current as $$
begin
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
