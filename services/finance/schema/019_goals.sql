-- What somebody put into a goal beside what its months put aside (periods), or took out. Goals stand in the plan inputs; what is contributed to
-- one that leaves them goes with it.
create table contributions (
    user_id    uuid not null references users on delete cascade,
    id         uuid not null,
    goal_id    text not null,
    day        date not null,
    amount     money_amount not null constraint contributions_amount check (amount <> 0),
    currency   text not null,
    note       text constraint contributions_note_length check (char_length(note) <= 500),
    changed_in bigint not null default 0,
    created_at timestamptz not null,
    constraint contributions_key primary key (user_id, id)
);
create index contributions_of_goal on contributions (user_id, goal_id, day desc, id desc);
create index contributions_changed on contributions (user_id, changed_in, id);

-- L5: what was contributed to each goal.
create table goal_sums (
    user_id uuid not null references users on delete cascade,
    goal_id text not null,
    amount  bigint not null,
    constraint goal_sums_key primary key (user_id, goal_id)
) with (fillfactor = 80);

create trigger contributions_change before insert on contributions for each row execute function mark_change();

create function sum_goal() returns trigger language plpgsql set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        insert into goal_sums as s (user_id, goal_id, amount) values (new.user_id, new.goal_id, new.amount)
            on conflict (user_id, goal_id) do update set amount = s.amount + excluded.amount;
    else  -- of a goal that is going, there is no sum any more
        update goal_sums s set amount = s.amount - old.amount where s.user_id = old.user_id and s.goal_id = old.goal_id;
    end if;
    return null;
end $$;
create trigger contributions_summed after insert or delete on contributions for each row execute function sum_goal();

create function forget_goals() returns trigger language plpgsql set search_path from current as $$
begin
    perform remove_for_good(c.user_id, 'contribution', c.id::text, new.created_at) from contributions c
        where c.user_id = new.user_id and not new.answers->'goals' @> jsonb_build_array(jsonb_build_object('id', c.goal_id));
    delete from contributions c
        where c.user_id = new.user_id and not new.answers->'goals' @> jsonb_build_array(jsonb_build_object('id', c.goal_id));
    delete from goal_sums s where s.user_id = new.user_id
        and not new.answers->'goals' @> jsonb_build_array(jsonb_build_object('id', s.goal_id));
    return null;
end $$;
create trigger onboarding_answers_goals after insert on onboarding_answers for each row execute function forget_goals();
