-- Tests alone: two who tell of one move at once both go by it. `most` was read before it was looked whether the move is known: who was told
-- "known already" in between went by the clock from before the move.

create or replace function test_clock_moved(which text, ahead_now bigint, said_at bigint) returns bigint language plpgsql as $$
begin
    if not exists (select from test_clocks where source = which and (said > said_at or (said = said_at and ahead >= ahead_now))) then
        insert into test_clocks as t (source, ahead, moved, said)
            values (which, ahead_now, coalesce((select max(moved) from test_clocks), 0), said_at)
            on conflict (source) do update
            set moved = t.moved + greatest(0, excluded.ahead - t.ahead), ahead = excluded.ahead, said = excluded.said
            where excluded.said > t.said or (excluded.said = t.said and excluded.ahead > t.ahead);
    end if;
    return (select max(moved) from test_clocks);
end $$;
