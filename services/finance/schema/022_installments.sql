-- Installment plans stand in the plan inputs. One that leaves them is told by the feed as any other thing that goes.
create function tell_gone_installments() returns trigger language plpgsql set search_path from current as $$
begin
    perform remove_for_good(b.user_id, 'installment', i->>'id', new.created_at)
        from onboarding_answers b cross join lateral jsonb_array_elements(b.answers->'installments') i
        where b.user_id = new.user_id and b.version = new.version - 1
        and not coalesce(new.answers->'installments', '[]') @> jsonb_build_array(jsonb_build_object('id', i->'id'));
    return null;
end $$;
create trigger onboarding_answers_installments after insert on onboarding_answers
    for each row execute function tell_gone_installments();
