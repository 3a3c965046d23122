-- What an administrator may do besides (008): have a person choose a new password. And one change of standing changes what it names alone.

-- null: stays as it is, whatever it is by then.
create or replace function set_standing(person uuid, new_status text, new_role text, tokens_live_s bigint, moved bigint, wrote_at timestamptz,
                                        out outcome text, out revocation bigint) language plpgsql as $$
declare
    was users;
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    select * into was from users where id = person;
    outcome := case when was.id is null then 'gone'
        when (was.status, was.role) = (coalesce(new_status, was.status), coalesce(new_role, was.role)) then 'same' else 'done' end;
    if outcome <> 'done' then
        return;
    end if;
    update users set status = coalesce(new_status, status), role = coalesce(new_role, role), epoch = epoch + 1, updated_at = wrote_at
        where id = person;
    revocation := end_sessions_of(person, null, case when new_status <> was.status then new_status else 'role' end, judged_at(moved),
                                  tokens_live_s, wrote_at);
end $$;

-- The password is none any more (P4: '!' matches nothing), every session ends, and a mail leads to a new one.
create function require_reset(person uuid, mail uuid, mail_keep_s bigint, mails_most integer, tokens_live_s bigint, moved bigint,
                              wrote_at timestamptz, out outcome text, out revocation bigint) language plpgsql as $$
declare
    u users;
begin
    if not lock_person(person) then
        outcome := 'busy';
        return;
    end if;
    update users set password_hash = '!', epoch = epoch + 1, updated_at = wrote_at where id = person returning * into u;
    outcome := case when u.id is null then 'gone' else 'done' end;
    if u.id is null then
        return;
    end if;
    delete from one_time_tokens where user_id = person and purpose in ('reset_password', 'change_email');
    revocation := end_sessions_of(person, null, 'reset_required', judged_at(moved), tokens_live_s, wrote_at);
    if u.status = 'active' and not queue_mail(mail, 'reset_password', u.email, u.email_norm, person, u.language, '', mail_keep_s, mails_most,
                                              moved) then
        raise exception 'the queue of mails is full' using errcode = '53000';
    end if;
end $$;
