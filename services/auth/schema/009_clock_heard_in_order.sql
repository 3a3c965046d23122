-- Tests alone: what a clock says is taken in the order in which it was said. One instance reads its clock, another one tells the database
-- of the next move, the first one tells what it read: taken as "set back", that move would be counted once more by the next who tells of it.

alter table test_clocks add column said bigint not null default 0;

-- said_at: when the clock was set to what it says, in microseconds of the machine's clock. What is older than what was heard is not heard.
create function test_clock_moved(which text, ahead_now bigint, said_at bigint) returns bigint language plpgsql as $$
declare
    most bigint := coalesce((select max(moved) from test_clocks), 0);
begin
    if not exists (select from test_clocks where source = which and (said > said_at or (said = said_at and ahead >= ahead_now))) then
        insert into test_clocks as t (source, ahead, moved, said) values (which, ahead_now, most, said_at)
            on conflict (source) do update
            set moved = t.moved + greatest(0, excluded.ahead - t.ahead), ahead = excluded.ahead, said = excluded.said
            where excluded.said > t.said or (excluded.said = t.said and excluded.ahead > t.ahead);
        most := (select max(moved) from test_clocks);
    end if;
    return most;
end $$;
