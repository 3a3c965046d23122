"""The ledger's laws, checked in SQL beside the service: L1 transfers sum to nothing, L2 balances = sums of what is booked, L3 lines sum to their parent, L4 day_actual = sum of lines,
L5 what was contributed to a goal = the sum of its contributions."""


def audit_ledger(cluster, user_id):
    apart = cluster.sql("""select x.id, count(t.id), sum(t.amount) from finance.transfers x left join finance.transactions t
        on t.user_id = x.user_id and t.transfer_id = x.id and (t.deleted_at is null) = (x.deleted_at is null) where x.user_id = %s
        group by x.id having count(t.id) <> 2 or (count(distinct t.currency) = 1 and sum(t.amount) <> 0)""", user_id)
    assert apart == [], f"L1: the legs of a transfer do not sum to nothing: {apart}"
    broken = cluster.sql("""select t.id, t.amount, coalesce(sum(l.amount), 0) from finance.transactions t
        left join finance.transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id
        where t.user_id = %s group by t.id, t.amount having t.amount <> coalesce(sum(l.amount), 0)""", user_id)
    assert broken == [], f"L3: lines do not sum to their transaction: {broken}"
    wrong = cluster.sql("""with lines as (
            select t.booked_on as day, l.category, -sum(l.amount) as spent, sum(greatest(l.amount, 0)) as received from finance.transactions t
            join finance.transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id
            where t.user_id = %s and t.deleted_at is null and l.counts group by 1, 2)
        select day, category, a.spent, l.spent from lines l full join (select * from finance.day_actual where user_id = %s) a using (day, category)
        where (coalesce(a.spent, 0), coalesce(a.received, 0)) <> (coalesce(l.spent, 0), coalesce(l.received, 0))""", user_id, user_id)
    assert wrong == [], f"L4: day_actual differs from the lines: {wrong}"
    drifted = cluster.sql("""with booked as (
            select coalesce(account_id, user_id) as account_id, span, case span when 'day' then booked_on else date_trunc('month', booked_on)::date end as begins, sum(amount) as amount
            from finance.transactions cross join (values ('day'), ('month')) as s (span) where user_id = %s and deleted_at is null group by 1, 2, 3)
        select account_id, span, begins, s.amount, b.amount from booked b full join (select * from finance.account_sums where user_id = %s) s using (account_id, span, begins)
        where coalesce(s.amount, 0) <> coalesce(b.amount, 0)""", user_id, user_id)
    assert drifted == [], f"L2: a balance differs from what is booked: {drifted}"
    made = cluster.sql("""select goal_id, s.amount, c.amount from (select goal_id, sum(amount) as amount from finance.contributions where user_id = %s group by 1) c
        full join (select goal_id, amount from finance.goal_sums where user_id = %s) s using (goal_id) where coalesce(s.amount, 0) <> coalesce(c.amount, 0)""",
                       user_id, user_id)
    assert made == [], f"L5: what was contributed to a goal differs from its contributions: {made}"
    wrong = cluster.sql("""select t.id, t.cleared, t.cleared_by, c.reconciled_at from finance.transactions t left join finance.checkpoints c on c.user_id = t.user_id and c.id = t.cleared_by
        where t.user_id = %s and t.cleared_by is not null and (not t.cleared or c.reconciled_at is null or c.account_id <> coalesce(t.account_id, t.user_id))""", user_id)
    assert wrong == [], f"cleared by what is not reconciled: {wrong}"
    uncounted = cluster.sql("""select tag, c.uses, g.n from finance.tag_counts c full join (select user_id, tag, count(*) as n from finance.transaction_tags group by 1, 2) g
        using (user_id, tag) where user_id = %s and c.uses is distinct from g.n""", user_id)
    assert uncounted == [], f"tags counted otherwise than there are: {uncounted}"
