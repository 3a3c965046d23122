-- Planned transfers stand in the plan inputs. One that leaves them is told by the feed as any other thing that goes.
create function tell_gone_transfers() returns trigger language plpgsql set search_path from current as $$
begin
    perform remove_for_good(b.user_id, 'recurring', t->>'id', new.created_at)
        from onboarding_answers b cross join lateral jsonb_array_elements(b.answers->'transfers') t
        where b.user_id = new.user_id and b.version = new.version - 1
        and not coalesce(new.answers->'transfers', '[]') @> jsonb_build_array(jsonb_build_object('id', t->'id'));
    return null;
end $$;
create trigger onboarding_answers_transfers after insert on onboarding_answers
    for each row execute function tell_gone_transfers();
