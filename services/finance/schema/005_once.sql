-- What every write of a person has in common, said once: the versions it was judged by, the first answer of its key, and what
-- other nodes must forget. Each takes the lock of the person's row first, so that writes of one person keep one order.

-- Every node forgets what it remembers of the person: the table is the truth, the NOTIFY a hint.
create function forget_person(who uuid, at timestamptz) returns uuid language plpgsql as $$
begin
    insert into invalidations (kind, id, created_at) values ('user', who, at);
    perform pg_notify('finance_invalidations', who::text);
    return who;
end $$;

-- The ledger moves on if it still is what it was judged by (null: whatever it is); null when it is not.
create function move_ledger(who uuid, ledger bigint, budget bigint) returns uuid language plpgsql as $$
declare
    moved uuid;
begin
    update users u set ledger_version = u.ledger_version + 1
        where u.user_id = who and u.ledger_version = coalesce(ledger, u.ledger_version)
            and u.budget_version = coalesce(budget, u.budget_version)
        returning u.user_id into moved;
    return moved;
end $$;

-- Likewise what plans are made of; every node forgets the person.
create function move_budget(who uuid, budget bigint, at timestamptz) returns uuid language plpgsql as $$
declare
    moved uuid;
begin
    update users u set budget_version = u.budget_version + 1
        where u.user_id = who and u.budget_version = coalesce(budget, u.budget_version)
        returning u.user_id into moved;
    if moved is not null then
        perform forget_person(who, at);
    end if;
    return moved;
end $$;

-- The beginning of a keyed write. `writer` is the person when it may go on: its version has moved, its answer is kept. Else
-- either the key has an answer (the other columns), or the versions are others by now. what: 'ledger' or 'budget' moves
-- that version, 'nothing' only keeps the answer. Without a key nothing is looked for and nothing is kept.
create function begin_keyed(who uuid, key_scope text, key_name text, print bytea, code integer, head text, answer text,
    at timestamptz, what text, ledger bigint, budget bigint,
    out writer uuid, out kept_print bytea, out kept_code integer, out kept_head text, out kept_answer text)
language plpgsql as $$
begin
    if key_name is not null then
        select i.fingerprint, i.status, i.headers, i.body into kept_print, kept_code, kept_head, kept_answer
            from idempotency i where i.user_id = who and i.scope = key_scope and i.key = key_name;
        if found then
            return;
        end if;
    end if;
    writer := case what when 'ledger' then move_ledger(who, ledger, budget) when 'budget' then move_budget(who, budget, at)
        when 'nothing' then who end;
    if writer is not null and key_name is not null then
        insert into idempotency (user_id, scope, key, fingerprint, status, headers, body, created_at)
            values (who, key_scope, key_name, print, code, head, answer, at);
    end if;
end $$;
