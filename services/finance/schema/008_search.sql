-- What a search compares (ledger/search_text.hpp): payee and note folded by the service, found by trigrams. Null beside a payee or
-- a note: not made yet; the service makes it before it searches, and for everybody by and by.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;
alter table transactions add column search_key text;
-- A key is no change of its transaction: only what moves its version is told in the feed.
drop trigger transactions_change on transactions;
create trigger transactions_change before insert or update of version on transactions for each row execute function mark_change();
-- ASCII folds the same here as there; the rest is the service's to fold.
update transactions set search_key = btrim(regexp_replace(lower(coalesce(payee, '')), '\s+', ' ', 'g')) || E'\n'
        || btrim(regexp_replace(lower(coalesce(note, '')), '\s+', ' ', 'g'))
    where (payee is not null or note is not null)
        and octet_length(concat(payee, note)) = char_length(concat(payee, note));
do $$
begin
    execute format('create index transactions_search on transactions using gin (user_id, search_key %I.gin_trgm_ops)',
        (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm'));
end $$;
create index transactions_unsearchable on transactions (user_id) where search_key is null and (payee is not null or note is not null);

-- Other words with the key of the old ones: written by a release that knows no keys.
create function forget_search_key() returns trigger language plpgsql as $$
begin
    new.search_key := null;
    return new;
end $$;
create trigger transactions_search_key before update of payee, note on transactions for each row
    when ((new.payee is distinct from old.payee or new.note is distinct from old.note) and new.search_key is not distinct from old.search_key)
    execute function forget_search_key();
