-- Entries of a month that are linked to what another one expects.
create index transactions_linked_on on transactions (user_id, booked_on) where bill_id is not null;

-- A link names what its month expects: those to what a replanning took away, which until now were kept, name nothing and are none.
create temporary table lost on commit drop as
    select t.user_id, t.id from transactions t
    where t.bill_id is not null and not exists (
        select from periods p
        cross join lateral (select o.id from jsonb_to_recordset(p.obligations) as o(id text)
            union all select o.id from jsonb_to_recordset(p.budget->'incomes') as o(id text)) x
        where p.user_id = t.user_id and left(x.id, -3) = left(t.bill_id, -3)
            and p.month between (substring(t.bill_id from '(\d{4}-\d{2})-\d{2}$') || '-01')::date - interval '1 month'
                and (substring(t.bill_id from '(\d{4}-\d{2})-\d{2}$') || '-01')::date
            and not exists (select from periods n where n.user_id = p.user_id and n.month = p.month and n.revision > p.revision));
update users set ledger_version = ledger_version + 1 where user_id in (select user_id from lost);
update transactions t set bill_id = null, version = version + 1 from lost where t.user_id = lost.user_id and t.id = lost.id;
