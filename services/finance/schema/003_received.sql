-- Of `spent`, what came in (refunds, incomes), positive; what went out is spent + received. Both sides of a day's sum: a delete
-- may take either away, so each is bounded (bounds.hpp), and a delete never makes a sum too large.
alter table day_actual add column received bigint not null default 0;
update day_actual a set received = l.received from (
    select t.user_id, l.booked_on, l.category, sum(greatest(l.amount, 0)) as received
    from transactions t join transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id
    where t.deleted_at is null group by 1, 2, 3) l
    where a.user_id = l.user_id and a.day = l.booked_on and a.category = l.category and l.received > 0;
-- not valid: sums that were too large before stay as they are; what is written from now on is not.
alter table day_actual add constraint day_actual_received check (received between 0 and 9007199254740991
    and spent + received between 0 and 9007199254740991) not valid;
