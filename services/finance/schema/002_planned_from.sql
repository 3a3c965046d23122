-- The first day with a plan: the day of joining, or a local day before it that came again when the person moved west.
alter table users add column planned_from date;
update users set planned_from = onboarded_on;
alter table users add constraint users_planned
    check ((planned_from is null) = (onboarded_on is null) and planned_from <= onboarded_on);
