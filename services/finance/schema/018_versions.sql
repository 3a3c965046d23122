-- Every version of a transaction, and who wrote it. The present one stands in its row; what it was before is kept by triggers, so that
-- whoever writes, a version is made. written_*: the session and the client of the present version; null: none said so (the service's own).
-- writing_*: how a change says who makes it; always null in the table. former: its lines before a change, between the two triggers.
alter table transactions add column written_by uuid, add column written_with text, add column writing_by uuid, add column writing_with text,
    add column former jsonb;

create table transaction_versions (
    user_id        uuid not null references users on delete cascade,
    transaction_id uuid not null,
    version        bigint not null,
    entry          jsonb not null,                    -- the row as it was
    lines          jsonb not null,                    -- its lines
    constraint transaction_versions_key primary key (user_id, transaction_id, version)
);

-- The lines as the statement under way found them, whichever of its parts comes first: a stable function sees what its caller began with.
create function read_former() returns trigger language plpgsql stable set search_path from current as $$
begin
    select coalesce(jsonb_agg(jsonb_build_object('n', l.n, 'category', l.category, 'amount', l.amount, 'note', l.note, 'counts', l.counts)
            order by l.n), '[]') into new.former
        from transaction_lines l where l.user_id = old.user_id and l.transaction_id = old.id;
    return new;
end $$;
create trigger transactions_version_1 before update of version on transactions for each row execute function read_former();

-- The newest 50 former versions are kept, as long as the transaction's row is.
create function keep_former() returns trigger language plpgsql set search_path from current as $$
begin
    insert into transaction_versions (user_id, transaction_id, version, entry, lines)
        values (old.user_id, old.id, old.version, to_jsonb(old) - 'search_key' - 'former' - 'writing_by' - 'writing_with', new.former);
    if old.version > 50 then
        delete from transaction_versions v where v.user_id = old.user_id and v.transaction_id = old.id and v.version <= old.version - 50;
    end if;
    new.former := null;
    new.written_by := new.writing_by;
    new.written_with := new.writing_with;
    new.writing_by := null;
    new.writing_with := null;
    return new;
end $$;
create trigger transactions_version_2 before update of version on transactions for each row execute function keep_former();

-- What changed many at once: a batch, a bulk change, an undo. Each of its transactions with the version it made of it. The newest 50 of a
-- person are kept.
create table transaction_acts (
    user_id  uuid not null references users on delete cascade,
    id       uuid not null,
    made_at  timestamptz not null,
    entries  uuid[] not null,
    versions bigint[] not null,
    constraint transaction_acts_key primary key (user_id, id)
);
create function bound_acts() returns trigger language plpgsql set search_path from current as $$
begin
    delete from transaction_acts a where a.user_id = new.user_id and a.id in (
        select o.id from transaction_acts o where o.user_id = new.user_id order by o.made_at desc, o.id desc offset 50);
    return null;
end $$;
create trigger transaction_acts_bound after insert on transaction_acts for each row execute function bound_acts();
