-- A leg that counts nowhere may be linked to a transfer that was planned: the one that leaves, between two accounts on budget.
create or replace function is_whole(x transfers) returns boolean language sql stable set search_path from current as $$
    select count(*) = 2 and bool_and(t.id in (x.from_id, x.to_id)) and bool_and((t.amount < 0) = (t.id = x.from_id) and t.amount <> 0)
        and (count(distinct t.currency) = 2 or sum(t.amount) = 0)
        and bool_and((t.deleted_at is null) = (x.deleted_at is null))
        and bool_and(coalesce(t.account_id, t.user_id) = case t.id when x.from_id then x.from_account else x.to_account end)
        and bool_and(t.id <> x.from_id or t.booked_on = x.booked_on)
        and count(*) filter (where l.counts) <= 1
        and bool_and(case when l.counts then l.named and a.on_budget else l.lines = 1 and not l.named and (t.bill_id is null or t.id = x.from_id) end)
        and (count(*) filter (where l.counts) = 0 or count(*) filter (where not a.on_budget) = 1)
        and (count(*) filter (where not l.counts and t.bill_id is not null) = 0 or bool_and(a.on_budget))
    from transactions t
    join accounts a on a.user_id = t.user_id and a.id = coalesce(t.account_id, t.user_id)
    cross join lateral (select bool_or(counts) as counts, bool_and(category is not null) as named, count(*) as lines
        from transaction_lines n where n.user_id = t.user_id and n.transaction_id = t.id) l
    where t.user_id = x.user_id and t.transfer_id = x.id
$$;
