-- Whoever shows an address keeps no former one: a change of it is an entry of the feed (kind person), which revokes nothing, by whatever
-- statement it came. Deferred, so that the feed's counter is locked last, as by every other writer. Kept for who was away for long.
alter table revocations drop constraint revocations_kind,
    add constraint revocations_kind check (kind in ('session', 'user', 'token', 'key', 'person'));

create function tell_address() returns trigger language plpgsql set search_path from current as $$
begin
    perform publish_revocations('person', array[new.id::text], null, judged_at(coalesce((select max(moved) from test_clocks), 0)) + interval '30 days', new.updated_at);
    return null;
end $$;
create constraint trigger users_address after update of email on users deferrable initially deferred
    for each row when (old.email is distinct from new.email) execute function tell_address();
