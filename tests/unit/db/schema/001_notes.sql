-- What the tests of migrate embed; services do the same with services/<name>/schema.
create table notes (
    id   bigint generated always as identity primary key,
    text text not null constraint notes_text check (text <> '')
);
insert into notes (text) values ('first; with a semicolon, "quotes" and [brackets]');
