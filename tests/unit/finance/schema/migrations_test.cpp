#include "finance/migrations.hpp"
#include "db/migrate.hpp"
#include "support/pg.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <utility>

using namespace mita;

TEST_CASE(
    "L4: a database of the first version gets both sides of each day's sum, of live transactions, and first days") {
    auto& pg = mita::test::cluster();
    const auto name = pg.create_database();
    db::migrate_options o;
    o.url = secret(pg.url(name));
    o.schema = "finance";
    std::ostringstream said;
    const auto sql = [&](const std::string& text) { return pg.sql("set search_path = finance; " + text, name); };
    db::migrate(o, finance::migrations().first(1), said, said);
    sql("begin; insert into users values "
        "('019d4a5c-7c00-7a01-8b02-0123456789ab','UTC','EUR','en','','{}','2026-04-02',1,0,"
        "0,1,'2026-04-01','2026-04-01'); "
        "insert into transactions (user_id,id,booked_on,amount,currency,created_at,updated_at,deleted_at) select "
        "'019d4a5c-7c00-7a01-8b02-0123456789ab', ('019d4a5c-7c00-7a01-8b02-00000000000' || n)::uuid, '2026-04-01', "
        "x, 'EUR', '2026-04-01', '2026-04-01', d from (values (1, -500, null), (2, 200, null), (3, 70, null), "
        "(4, 9000, timestamptz '2026-04-01')) as t(n, x, d); "
        "insert into transaction_lines select user_id, id, 1, case when amount = 70 then 'pets' else 'groceries' end, "
        "amount, null, booked_on from transactions; "
        "insert into day_actual values ('019d4a5c-7c00-7a01-8b02-0123456789ab','2026-04-01','groceries',300), "
        "('019d4a5c-7c00-7a01-8b02-0123456789ab','2026-04-01','pets',-70); commit");
    db::migrate(o, finance::migrations(), said, said);
    CHECK(
        sql("select string_agg(category || ' ' || spent || ' ' || received, ', ' order by category) from day_actual") ==
        "groceries 300 200, pets -70 70");
    CHECK(sql("select planned_from from users") == "2026-04-02");
    CHECK_THROWS_WITH(sql("update day_actual set received = -1"), Catch::Contains("day_actual_received"));
    CHECK_THROWS_WITH(sql("update users set planned_from = '2026-04-03'"), Catch::Contains("users_planned"));
}

TEST_CASE("months opened by the release before keep their numbers: bills in parts where they may be, cover as it is") {
    auto& pg = mita::test::cluster();
    const auto name = pg.create_database();
    db::migrate_options o;
    o.url = secret(pg.url(name));
    o.schema = "finance";
    std::ostringstream said;
    const auto sql = [&](const std::string& text) { return pg.sql("set search_path = finance; " + text, name); };
    db::migrate(o, finance::migrations().first(3), said, said);
    for (const auto& [id, settings] : {std::pair{"ab", "{}"}, std::pair{"ac", R"({"cover": false})"}}) {
        const auto user = std::string("'019d4a5c-7c00-7a01-8b02-0123456789") + id + "'";
        sql("insert into users (user_id, timezone, currency, locale, region, settings, onboarded_on, planned_from, "
            "plan_version, created_at, updated_at) values (" +
            user + ", 'UTC', 'EUR', 'en', '', '" + settings +
            "', '2026-04-01', '2026-04-01', 1, '2026-04-01', '2026-04-01'); "
            "insert into periods values (" +
            user +
            R"(, '2026-04-01', 1, '2026-04-01', '2026-04-01', 1, '{"joined": 0, "income": 5, "due": 3, "buffer": 0,
            "pool": 2, "unallocated": 0, "goals": [], "categories": [{"id": "housing", "class": "protected", "part": 0},
            {"id": "groceries", "class": "essential", "part": 2}]}', '[{"id": "r:2026-04-01", "name": "Rent",
            "category": "housing", "day": "2026-04-01", "amount": 2}, {"id": "m:2026-04-02", "name": "Meals",
            "category": "groceries", "day": "2026-04-02", "amount": 1}]', '2026-04-01'))");
    }
    db::migrate(o, finance::migrations(), said, said);
    const std::string each = " order by user_id) from periods";
    CHECK(sql("select string_agg((obligations #> '{0,parts}')::text || coalesce((obligations #> '{1,parts}')::text, "
              "'-'), ' '" +
              each) == "true- true-");
    CHECK(
        sql("select string_agg(coalesce(budget ->> 'cover', 'as before') || ', ' || (budget ? 'incomes')::text, '; '" +
            each) == "as before, false; false, false");
}

TEST_CASE("names that were the same before stay, the oldest is the plain one, and no new one joins them") {
    auto& pg = mita::test::cluster();
    const auto name = pg.create_database();
    db::migrate_options o;
    o.url = secret(pg.url(name));
    o.schema = "finance";
    std::ostringstream said;
    const auto sql = [&](const std::string& text) { return pg.sql("set search_path = finance; " + text, name); };
    const std::string user = "'019d4a5c-7c00-7a01-8b02-0123456789ab'";
    const auto add = [&](const std::string& id, const std::string& called, int day) {
        sql("insert into categories (user_id, id, name, class, created_at, updated_at) values (" + user + ", '" + id +
            "', '" + called + "', 'flexible', '2026-04-0" + std::to_string(day) + "', '2026-04-01')");
    };
    db::migrate(o, finance::migrations().first(5), said, said);
    sql("insert into users (user_id, timezone, currency, locale, region, settings, created_at, updated_at) values (" +
        user + ", 'UTC', 'EUR', 'en', '', '{}', '2026-04-01', '2026-04-01')");
    add("younger", "DOG-FOOD", 2);
    add("older", "Dog food", 1);
    add("composed", "Caf\u00e9", 3);
    add("apart", "Cafe\u0301", 4);
    add("alone", "Cat food", 5);
    db::migrate(o, finance::migrations(), said, said);
    CHECK(sql("select string_agg(id || ' ' || name || ' ' || (twin <> '')::text, ', ' order by created_at) from "
              "categories") ==
          "older Dog food false, younger DOG-FOOD true, composed Caf\u00e9 false, apart Cafe\u0301 true, "
          "alone Cat food false");
    CHECK_THROWS_WITH(add("third", "dogfood", 6), Catch::Contains("categories_word"));
    CHECK_THROWS_WITH(sql("update categories set name = 'dog food', twin = '' where id = 'alone'"),
                      Catch::Contains("categories_word"));
    CHECK_NOTHROW(sql("update categories set name = 'Rex', twin = '' where id = 'younger'"));
}

TEST_CASE("L2: a database of the release before gets accounts, balances of what is booked, and no other number moves") {
    auto& pg = mita::test::cluster();
    const auto name = pg.create_database();
    db::migrate_options o;
    o.url = secret(pg.url(name));
    o.schema = "finance";
    std::ostringstream said;
    const auto sql = [&](const std::string& text) { return pg.sql("set search_path = finance; " + text, name); };
    db::migrate(o, finance::migrations().first(10), said, said);
    const std::string user = "'019d4a5c-7c00-7a01-8b02-0123456789ab'", card = "'019d4a5c-7c00-7a01-8b02-0000000000ca'";
    sql("insert into users (user_id, timezone, currency, locale, region, settings, sequence, created_at, updated_at) "
        "values (" +
        user + ", 'UTC', 'JPY', 'en', '', '{}', 7, '2026-04-01', '2026-04-01')");
    sql("begin; insert into transactions (user_id, id, account_id, booked_on, amount, currency, created_at, "
        "updated_at, "
        "deleted_at) select " +
        user +
        ", ('019d4a5c-7c00-7a01-8b02-00000000000' || n)::uuid, a::uuid, day::date, x, 'JPY', '2026-04-01', "
        "'2026-04-01', d from (values (1, null, '2026-02-03', -500, null), (2, " +
        card + ", '2026-02-28', 200, null), (3, " + card + ", '2026-03-01', 70, null), (4, " + user +
        ", '2026-03-01', 9, null), (5, null, '2026-03-01', 9000, timestamptz '2026-04-01')) as t(n, a, day, x, d); "
        "insert into transaction_lines select user_id, id, 1, 'groceries', amount, null, booked_on from transactions; "
        "insert into day_actual (user_id, day, category, spent, received) select user_id, booked_on, 'groceries', "
        "-sum(amount), sum(greatest(amount, 0)) from transactions where deleted_at is null group by 1, 2; commit");
    const std::string plan =
        "select string_agg(a::text, ' ' order by a.day) || (select string_agg(concat(t.id, t.amount, t.currency, "
        "t.booked_on, t.changed_in, t.version), ' ' order by t.id) from transactions t) from day_actual a";
    const auto before = sql(plan);
    db::migrate(o, finance::migrations(), said, said);
    CHECK(sql(plan) == before);
    CHECK(
        sql("select string_agg(concat_ws(' ', right(id::text, 2), name, currency, on_budget, opening, position), ', ' "
            "order by position) from accounts") == "ab Account JPY t 0 0, ca Account 2 JPY t 0 1");
    CHECK(sql("select string_agg(concat_ws(' ', right(account_id::text, 2), span, begins, amount), ', ' order by "
              "account_id = user_id, span, begins) from account_sums") ==
          "ca day 2026-02-28 200, ca day 2026-03-01 70, ca month 2026-02-01 200, ca month 2026-03-01 70, "
          "ab day 2026-02-03 -500, ab day 2026-03-01 9, ab month 2026-02-01 -500, ab month 2026-03-01 9");
    CHECK(sql("select concat_ws(' ', sequence, forgotten_to, (select string_agg(changed_in::text, ' ') from accounts)) "
              "from users") == "8 8 8 8");
    CHECK_THROWS_WITH(sql("update transactions set account_id = '019d4a5c-7c00-7a01-8b02-0000000000cb'"),
                      Catch::Contains("transactions_account"));
    CHECK(sql("select bool_and(counts) from transaction_lines") == "t");
}

TEST_CASE("links that a replanning left naming nothing name none, and the feed tells; the others stay") {
    auto& pg = mita::test::cluster();
    const auto name = pg.create_database();
    db::migrate_options o;
    o.url = secret(pg.url(name));
    o.schema = "finance";
    std::ostringstream said;
    const auto sql = [&](const std::string& text) { return pg.sql("set search_path = finance; " + text, name); };
    db::migrate(o, finance::migrations().first(12), said, said);
    const std::string user = "'019d4a5c-7c00-7a01-8b02-0123456789ab'";
    sql("insert into users (user_id, timezone, currency, locale, region, settings, onboarded_on, planned_from, "
        "plan_version, sequence, created_at, updated_at) values (" +
        user + ", 'UTC', 'EUR', 'en', '', '{}', '2026-04-01', '2026-04-01', 1, 7, '2026-04-01', '2026-04-01')");
    // Of April a second revision without the power bill; May is known from April alone.
    for (const auto* revision : {R"(1, '2026-04-01', '2026-04-01', 1, '{}', '[{"id": "p:2026-04-03"}]')",
                                 R"(2, '2026-04-01', '2026-04-01', 1, '{"incomes": [{"id": "i:2026-04-01"}]}',
                                    '[{"id": "r:2026-04-05"}, {"id": "r:2026-05-05"}]')"})
        sql("insert into periods (user_id, month, revision, from_day, chain_from, plan_version, budget, obligations, "
            "opened_at) values (" +
            user + ", '2026-04-01', " + revision + ", '2026-04-01')");
    sql("begin; insert into transactions (user_id, id, booked_on, amount, currency, bill_id, created_at, updated_at, "
        "deleted_at) select " +
        user +
        ", ('019d4a5c-7c00-7a01-8b02-00000000000' || n)::uuid, '2026-04-01', -500, 'EUR', bill, '2026-04-01', "
        "'2026-04-01', d from (values (1, 'p:2026-04-03', null), (2, 'r:2026-04-09', null), (3, 'r:2026-05-05', null), "
        "(4, 'i:2026-04-01', null), (5, 'r:2026-06-05', timestamptz '2026-04-01'), (6, null, null)) as t(n, bill, d); "
        "insert into transaction_lines select user_id, id, 1, 'groceries', amount, null, booked_on from transactions; "
        "commit");
    const auto before = sql("select sequence from users");
    db::migrate(o, finance::migrations(), said, said);
    CHECK(sql("select string_agg(coalesce(bill_id, '-') || ' ' || version, ', ' order by id) from transactions") ==
          "- 2, r:2026-04-09 1, r:2026-05-05 1, i:2026-04-01 1, - 2, - 1");
    CHECK(sql("select sequence - " + before + " from users") == "1");
    CHECK(sql("select count(*) from transactions t join users u on t.changed_in = u.sequence where t.version = 2") ==
          "2");
}

TEST_CASE("payees are made of what was booked, one a word, deleted entries too, and no entry is another than it was") {
    auto& pg = mita::test::cluster();
    const auto name = pg.create_database();
    db::migrate_options o;
    o.url = secret(pg.url(name));
    o.schema = "finance";
    std::ostringstream said;
    const auto sql = [&](const std::string& text) { return pg.sql("set search_path = finance; " + text, name); };
    db::migrate(o, finance::migrations().first(15), said, said);
    for (const std::string user : {"'019d4a5c-7c00-7a01-8b02-0123456789ab'", "'019d4a5c-7c00-7a01-8b02-0123456789ac'"})
        sql("insert into users (user_id, timezone, currency, locale, region, settings, sequence, created_at, "
            "updated_at) values (" +
            user + ", 'UTC', 'EUR', 'en', '', '{}', 7, '2026-04-01', '2026-04-01')");
    sql("begin; insert into transactions (user_id, id, booked_on, amount, currency, payee, search_key, created_at, "
        "updated_at, deleted_at) select '019d4a5c-7c00-7a01-8b02-0123456789ab', ('019d4a5c-7c00-7a01-8b02-00000000000' "
        "|| n)::uuid, '2026-04-01', -500, 'EUR', payee, key || e'\\n', timestamptz '2026-04-01' + n * interval '1 "
        "day', "
        "'2026-04-01', d from (values (1, 'LIDL Plus', 'lidl plus', null), (2, 'Lidl-plus', 'lidl-plus', null), (3, "
        "'Café', 'cafe', timestamptz '2026-04-01'), (4, null, '', null), (5, 'Αθήνα', null, null), (6, ' - ', '-', "
        "null)) as t(n, payee, key, d); insert into transaction_lines select user_id, id, 1, 'groceries', amount, "
        "null, booked_on from transactions; commit");
    const std::string entries =
        "select string_agg(concat_ws(' ', id, payee, search_key, version, changed_in, amount), ',' order by id) from "
        "transactions";
    const auto before = sql(entries);
    db::migrate(o, finance::migrations(), said, said);
    CHECK(sql(entries) == before);
    CHECK(
        sql("select string_agg(coalesce(p.name, 'nobody'), ', ' order by t.id) from transactions t left join payees p "
            "on p.user_id = t.user_id and p.id = t.payee_id") == "LIDL Plus, LIDL Plus, Café, nobody, nobody, -");
    CHECK(sql("select bool_and(p.id::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' "
              "and p.word = w.word and w.payee_id = p.id and p.changed_in = 8) from payees p join payee_words w on "
              "w.home_id = p.id") == "t");
    CHECK(sql("select string_agg(concat_ws(' ', sequence, forgotten_to), ', ' order by user_id) from users") ==
          "8 8, 7 0");
    // What a job makes searchable later has its payee by that; a key made again is no other payee.
    sql("update transactions set search_key = e'αθηνα\\n' where id::text like '%5'");
    sql("update transactions set search_key = null where id::text like '%1'");
    CHECK(sql("select string_agg(p.name, ', ' order by t.id) from transactions t join payees p on p.id = t.payee_id") ==
          "LIDL Plus, LIDL Plus, Café, Αθήνα, -");
}
