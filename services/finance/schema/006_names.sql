-- One name, one category, whoever writes at the same time. The service compares names by ICU (categories/words.hpp) under the
-- person's lock; this is the same in the database's own means. twin: names that were the same before (letters that differ in
-- case or composition only) stay as they are, the oldest is the plain one; a new name is never a twin's.
alter table categories
    add column word text generated always as (regexp_replace(lower(normalize(name, NFKC)),
        '[\s_/&\u00ad\u034f\u200b-\u2015\u2028-\u202e\u2060-\u2064\u2212\ufe0f\ufeff-]+', '', 'g')) stored,
    add column twin text not null default '';
update categories c set twin = c.id from (
    select user_id, id, row_number() over (partition by user_id, word order by created_at, id collate "C") as n from categories) o
    where o.user_id = c.user_id and o.id = c.id and o.n > 1;
create unique index categories_word on categories (user_id, word, twin);
