"""The ledger's laws, checked in SQL beside the service: L3 lines sum to their parent, L4 day_actual = sum of lines."""


def audit_ledger(cluster, user_id):
    broken = cluster.sql("""select t.id, t.amount, coalesce(sum(l.amount), 0) from finance.transactions t
        left join finance.transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id
        where t.user_id = %s group by t.id, t.amount having t.amount <> coalesce(sum(l.amount), 0)""", user_id)
    assert broken == [], f"L3: lines do not sum to their transaction: {broken}"
    wrong = cluster.sql("""with lines as (
            select t.booked_on as day, l.category, -sum(l.amount) as spent, sum(greatest(l.amount, 0)) as received from finance.transactions t
            join finance.transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id
            where t.user_id = %s and t.deleted_at is null group by 1, 2)
        select day, category, a.spent, l.spent from lines l full join (select * from finance.day_actual where user_id = %s) a using (day, category)
        where (coalesce(a.spent, 0), coalesce(a.received, 0)) <> (coalesce(l.spent, 0), coalesce(l.received, 0))""", user_id, user_id)
    assert wrong == [], f"L4: day_actual differs from the lines: {wrong}"
