-- Who was paid. A transaction keeps the text it was booked with; whom it means is found by the text's word, within the write itself, by a
-- trigger: so by every write of any kind.

-- What spellings have in common (payees/payee_word.hpp), of a text as a search compares it: spaces, dashes, _, / and & go, unless nothing
-- else is there.
create function payee_word(folded text) returns text language sql immutable as $$
    select coalesce(nullif(translate(folded, E' -_/&\u2010\u2011\u2012\u2013\u2014\u2015\u2212', ''), ''), folded)
$$;

-- A UUID of version 7 for what a release makes that knows no payees.
create function new_id(at timestamptz) returns uuid language sql volatile as $$
    select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from at) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;

create table payees (
    user_id     uuid not null references users on delete cascade,
    id          uuid not null,
    name        text not null constraint payees_name_length check (char_length(name) between 1 and 200),
    word        text not null,                        -- of the name
    category    category_id,                          -- what a transaction is of that names it and no category
    archived    boolean not null default false,
    merged_into uuid,                                 -- shown no more: what was booked with it is that one's
    version     bigint not null default 1,
    changed_in  bigint not null default 0,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    constraint payees_key primary key (user_id, id),
    constraint payees_merged foreign key (user_id, merged_into) references payees on delete cascade
);
-- Words may be longer than an index takes.
create index payees_by_name on payees (user_id, (left(word, 100)) collate "C", id) where merged_into is null;
create index payees_changed on payees (user_id, changed_in, id);
create index payees_of_another on payees (user_id, merged_into) where merged_into is not null;

-- Which words mean which payee: its names, now and before, and those of what is merged into it (home: whose word it is by itself).
create table payee_words (
    user_id  uuid not null references users on delete cascade,
    word     text not null,
    payee_id uuid not null,
    home_id  uuid not null,
    constraint payee_words_payee foreign key (user_id, payee_id) references payees on delete cascade,
    constraint payee_words_home foreign key (user_id, home_id) references payees on delete cascade
);
create unique index payee_words_key on payee_words (user_id, md5(word));
create index payee_words_of_payee on payee_words (user_id, payee_id);
create index payee_words_of_home on payee_words (user_id, home_id);

-- Those of before: one a word, named as it was written first. Numbers as in 011: what transactions of people with payees show is more now.
alter table transactions add column payee_id uuid;
insert into payees (user_id, id, name, word, changed_in, created_at, updated_at)
    select distinct on (t.user_id, w.word) t.user_id, new_id(t.created_at), btrim(t.payee), w.word, u.sequence + 1, t.created_at, t.created_at
    from transactions t join users u on u.user_id = t.user_id
    cross join lateral (select payee_word(split_part(t.search_key, E'\n', 1)) as word) w
    where t.payee is not null and w.word <> '' order by t.user_id, w.word, t.created_at, t.id;
insert into payee_words (user_id, word, payee_id, home_id) select user_id, word, id, id from payees;
update users set sequence = sequence + 1, forgotten_to = sequence + 1 where user_id in (select user_id from payees);
alter table transactions disable trigger user;
update transactions t set payee_id = w.payee_id from payee_words w
    where t.payee is not null and w.user_id = t.user_id and md5(w.word) = md5(payee_word(split_part(t.search_key, E'\n', 1)));
alter table transactions enable trigger user;
drop index transactions_of_payee;
create index transactions_of_payee on transactions (user_id, payee_id, booked_on desc, id desc) where payee_id is not null;

create trigger payees_change before insert or update of version on payees for each row execute function mark_change();

-- The payee a text means, made when there is none: with the id the writer has at hand for it (payee_id), when that is a new one. Every
-- write of a transaction has the person's lock.
create function name_payee() returns trigger language plpgsql set search_path from current as $$
declare
    said text := coalesce(payee_word(split_part(new.search_key, E'\n', 1)), '');
    whom uuid;
begin
    if tg_op = 'UPDATE' and new.search_key is null and new.payee is not distinct from old.payee then
        return new;  -- the key is made again
    end if;
    if new.payee is null or said = '' then
        new.payee_id := null;
        return new;
    end if;
    select w.payee_id into whom from payee_words w where w.user_id = new.user_id and md5(w.word) = md5(said);
    if whom is null then
        whom := new.payee_id;
        if whom is null or exists (select from payees p where p.user_id = new.user_id and p.id = whom) then
            whom := new_id(new.updated_at);
        end if;
        insert into payees (user_id, id, name, word, created_at, updated_at)
            values (new.user_id, whom, btrim(new.payee), said, new.updated_at, new.updated_at);
        insert into payee_words (user_id, word, payee_id, home_id) values (new.user_id, said, whom, whom);
    end if;
    new.payee_id := whom;
    return new;
end $$;
-- After transactions_search_key, which tells that a key is of other words.
create trigger transactions_search_payee before insert on transactions for each row when (new.payee is not null) execute function name_payee();
create trigger transactions_search_payee_again before update of payee, search_key on transactions for each row
    when (new.payee is distinct from old.payee or new.search_key is distinct from old.search_key) execute function name_payee();
