-- What months opened before know nothing of. Which bills may be paid in parts: those of categories without a daily part.
update periods p set obligations = (
    select coalesce(jsonb_agg(case when exists (
            select 1 from jsonb_array_elements(p.budget -> 'categories') c
            where c ->> 'id' = o.bill ->> 'category' and (c ->> 'part')::bigint > 0)
        then o.bill else o.bill || '{"parts": true}' end order by o.n), '[]')
    from jsonb_array_elements(p.obligations) with ordinality as o(bill, n));
-- The switch of cover is kept with the plan's revision: each has what the person has now. Incomes they have none: what comes
-- in during a month opened before moves nothing there (stored_period.hpp: knows_incomes).
update periods p set budget = p.budget || '{"cover": false}' from users u
    where u.user_id = p.user_id and (u.settings ->> 'cover')::boolean is false;
