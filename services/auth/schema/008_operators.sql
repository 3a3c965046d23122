-- What an operator may do with an account: close and open it, end its sessions, give it a role. Never its password.

-- outcome: done | busy (come again) | same (it is so already) | gone. A closed account's sessions end.
create function set_standing(person uuid, new_status text, new_role text, tokens_live_s bigint, moved bigint, wrote_at timestamptz,
                             out outcome text, out revocation bigint) language plpgsql as $$
declare
    was users;
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    select * into was from users where id = person;
    outcome := case when was.id is null then 'gone' when (was.status, was.role) = (new_status, new_role) then 'same' else 'done' end;
    if outcome <> 'done' then
        return;
    end if;
    update users set status = new_status, role = new_role, epoch = epoch + 1, updated_at = wrote_at where id = person;
    revocation := end_sessions_of(person, null, case when new_status <> was.status then new_status else 'role' end, judged_at(moved),
                                  tokens_live_s, wrote_at);
end $$;

create function end_all_sessions(person uuid, why text, tokens_live_s bigint, moved bigint, wrote_at timestamptz,
                                 out outcome text, out revocation bigint) language plpgsql as $$
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    update users set epoch = epoch + 1 where id = person;
    outcome := case when found then 'done' else 'gone' end;
    revocation := end_sessions_of(person, null, why, judged_at(moved), tokens_live_s, wrote_at);
end $$;
