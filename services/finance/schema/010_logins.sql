-- The e-mail address of a profile is auth's. When it becomes another, auth says so with a number of its feed; the number that was told
-- last stands here, so that the profile moves once, whichever instance hears of it and however often.
alter table users add column login_changed_in bigint not null default 0;
