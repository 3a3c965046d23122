alter table notes add column author text not null default 'ich größer';
create table tags (note bigint references notes (id), tag text);
