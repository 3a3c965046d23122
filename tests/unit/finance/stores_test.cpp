#include "db/migrate.hpp"
#include "finance/changes/invalidation_store.hpp"
#include "finance/ledger/search_key_store.hpp"
#include "finance/ledger/transaction_page_store.hpp"
#include "finance/migrations.hpp"
#include "finance/month/facts_store.hpp"
#include "finance/people/profile_store.hpp"
#include "finance/plan/plan_store.hpp"
#include "support/pg.hpp"
#include "support/run.hpp"
#include "unit/finance/planning_support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include <algorithm>

#include <memory>
#include <sstream>

using namespace planning_support;
using mita::test::soon;

namespace {

// A migrated database of its own, a pool on it, and one context.
struct world {
    explicit world(std::string database = mita::test::cluster().create_database()) : name(std::move(database)) {
        auto& pg = mita::test::cluster();
        db::migrate_options o;
        o.url = secret(pg.url(name));
        o.schema = "finance";
        std::ostringstream said;
        db::migrate(o, migrations(), said, said);
        db::pool_options p;
        p.url = secret(pg.url(name));
        p.search_path = "finance";
        pool = std::make_unique<db::pool>(context.get_executor(), std::move(p), log, metrics);
    }
    ~world() { run(pool->close(soon())); }

    template <class T>
    T run(awaitable<T> task) {
        return mita::test::run(context, std::move(task));
    }
    std::string sql(const std::string& text) {
        return mita::test::cluster().sql("set search_path = finance; " + text, name);
    }

    month_facts read(uuid user, std::string_view first, std::string_view last, int transactions = 0) {
        facts_wanted w;
        w.first = month(first);
        w.last = whole(month(last)).last_day();
        w.transactions = transactions;
        auto f = run(facts_store(*pool).read(user, w, soon()));
        REQUIRE(f);
        return std::move(*f);
    }

    bool replan(const profile& who, const plan_inputs& a, const std::vector<stored_period>& months, civil_day today) {
        const http::response none;
        const keyed_answer unkept{nullptr, none, wall::now()};
        const auto came = run(plan_store(*pool).replan(who, a, months, today, unkept, writer(), soon()));
        return came.how == write_outcome::kind::written;
    }

    // A person who joined in April 2026 with the worked example.
    uuid person() {
        const auto id = new_uuid();
        profile_store users(*pool);
        const auto who = run(users.require(id, soon()));
        const auto a = april();
        const auto months = plan_months(a, category_book(), day("2026-04-01"), from_month("2026-04"), 1);
        REQUIRE(replan(who, a, *months, day("2026-04-01")));
        return id;
    }

    void insert(const uuid& user, const uuid& id, std::string_view on, std::string_view category, amount value) {
        const auto u = "'" + user.str() + "'", t = "'" + id.str() + "'", d = "'" + std::string(on) + "'";
        const auto v = std::to_string(value);
        sql("begin; insert into transactions (user_id,id,booked_on,amount,currency,created_at,updated_at,tags) values "
            "(" +
            u + "," + t + "," + d + "," + v +
            ",'EUR','2026-04-01T00:00:00.5Z','2026-04-01T00:00:00Z','{a}'); insert into transaction_lines "
            "(user_id,transaction_id,n,category,amount,booked_on) values (" +
            u + "," + t + ",1,'" + std::string(category) + "'," + v + "," + d + "); insert into day_actual values (" +
            u + "," + d + ",'" + std::string(category) + "'," + std::to_string(-value) + "); commit");
    }

    asio::io_context context{1};
    logger log{"test", log_level::off};
    mita::metrics::registry metrics;
    std::string name;
    std::unique_ptr<db::pool> pool;
};

}  // namespace

TEST_CASE("a person's row is made by the first call, with the defaults, once") {
    world w;
    profile_store users(*w.pool);
    const auto id = new_uuid();
    const auto a = w.run(users.require(id, soon()));
    CHECK(a.timezone == "UTC");
    CHECK(a.currency == "EUR");
    CHECK(a.cover);
    CHECK(!a.onboarded_on);
    const auto b = w.run(users.require(id, soon()));
    CHECK(b.created_at == a.created_at);
    CHECK(w.sql("select count(*) from users") == "1");
}

TEST_CASE("onboarding, answers, budget and obligations come back as they were written") {
    world w;
    const auto id = w.person();
    const auto f = w.read(id, "2026-04", "2026-04");
    CHECK(f.who.plan_version == 1);
    CHECK(f.who.onboarded_on == day("2026-04-01"));
    CHECK(f.who.timezone == "Europe/Sofia");
    REQUIRE(f.periods.size() == 1);
    const auto v = view_month(f, month("2026-04"), day("2026-04-01"));
    CHECK(v.budget->budget.pool.pool == 120332);
    CHECK(v.bills.size() == 4);
    CHECK(f.in_force().bills.size() == 4);
}

TEST_CASE("facts: sums, the transactions that may pay bills, and the newest page, in one read") {
    world w;
    const auto id = w.person();
    const auto rent = new_uuid(), food = new_uuid();
    w.insert(id, rent, "2026-03-30", "housing", -118000);
    w.insert(id, food, "2026-04-02", "groceries", -1000);
    w.insert(id, new_uuid(), "2026-04-03", "housing", -5000);  // may be a part
    const auto f = w.read(id, "2026-04", "2026-04", 2);
    CHECK(f.actuals.size() == 2);  // of April only
    REQUIRE(f.payments.size() == 2);
    const auto paid = std::ranges::find(f.payments, rent, [](const auto& e) { return e.transaction_id; });
    REQUIRE(paid != f.payments.end());
    CHECK(paid->value == 118000);
    REQUIRE(f.transactions.size() == 2);
    CHECK(f.transactions[1].id == food);
    CHECK(f.transactions[1].lines.at(0).category == "groceries");
    CHECK(f.transactions[1].tags == std::vector<std::string>{"a"});
    CHECK(wall::format(f.transactions[1].created_at) == "2026-04-01T00:00:00.500000Z");
    const auto v = view_month(f, month("2026-04"), day("2026-04-05"));
    CHECK(v.bills.front().status == bill_status::paid);
}

TEST_CASE("twenty openings of one unopened month at once store it once") {
    world w;
    const auto id = w.person();
    const auto f = w.read(id, "2026-06", "2026-06");
    const auto planned = plan_months(f.in_force(), f.book, *f.who.onboarded_on, f.next_start(), 2);
    REQUIRE(planned);
    plan_store plans(*w.pool);
    int left = 20, failed = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(w.context, plans.open(f.who, *planned, soon()), [&](std::exception_ptr e) {
            --left;
            failed += e ? 1 : 0;
        });
    }
    while (left > 0) w.context.run_one();
    CHECK(failed == 0);
    CHECK(w.sql("select count(*) from periods") == "3");
    const auto again_read = w.read(id, "2026-06", "2026-06");
    CHECK(again_read.last_opened()->start() == month("2026-06"));
}

TEST_CASE("an opening under answers no longer in force writes nothing; a replanning that missed an opening neither") {
    world w;
    const auto id = w.person();
    auto f = w.read(id, "2026-04", "2026-04");
    plan_store plans(*w.pool);
    const auto may = plan_months(f.in_force(), f.book, *f.who.onboarded_on, f.next_start(), 1);
    auto stale = f.who;
    stale.budget_version -= 1;
    w.run(plans.open(stale, *may, soon()));
    CHECK(w.sql("select count(*) from periods") == "1");
    w.run(plans.open(f.who, *may, soon()));
    CHECK(w.sql("select count(*) from periods") == "2");
    const auto april_again = plan_months(april(), f.book, *f.who.onboarded_on, again(*f.periods.front()), 1);
    CHECK_FALSE(w.replan(f.who, april(), *april_again, day("2026-04-05")));
    CHECK(w.sql("select count(*) from onboarding_answers") == "1");
    auto both = plan_months(april(), f.book, *f.who.onboarded_on, again(*f.periods.front()), 2);
    (*both)[0].revision = 2;
    (*both)[0].from_day = day("2026-04-05");
    CHECK(w.replan(f.who, april(), *both, day("2026-04-05")));
    CHECK(w.sql("select string_agg(month || ' ' || revision || ' ' || plan_version, ', ' order by month, revision) "
                "from periods") == "2026-04-01 1 1, 2026-04-01 2 2, 2026-05-01 1 2");
}

TEST_CASE("L3: the database refuses lines that do not sum to their transaction, or stand on another day") {
    world w;
    const auto id = w.person();
    const auto t = new_uuid();
    w.insert(id, t, "2026-04-02", "groceries", -1000);
    CHECK_THROWS_WITH(w.sql("update transactions set amount = -999"), Catch::Contains("do not sum"));
    CHECK_THROWS_WITH(w.sql("update transaction_lines set amount = -999"), Catch::Contains("do not sum"));
    CHECK_THROWS_WITH(w.sql("delete from transaction_lines"), Catch::Contains("do not sum"));
    CHECK_THROWS_WITH(w.sql("update transaction_lines set booked_on = '2026-04-03'"), Catch::Contains("do not sum"));
    CHECK_THROWS_WITH(w.sql("update day_actual set spent = 9007199254740992"), Catch::Contains("day_actual_range"));
    CHECK_THROWS_WITH(w.sql("update transaction_lines set category = 'No Such'"), Catch::Contains("category_id_form"));
    CHECK(w.sql("select sum(amount) from transaction_lines") == "-1000");
}

TEST_CASE("C2: a profile changes only at the version it was read at, and other nodes are told") {
    world w;
    const auto id = w.person();
    profile_store users(*w.pool);
    invalidation_store changes(*w.pool);
    const auto start = w.run(changes.since("", soon()));
    CHECK(start.ids.empty());
    const auto who = w.run(users.require(id, soon()));
    const auto change = [&](std::int64_t version, const profile_change& what) {
        return w.run(users.change(id, version, what, std::nullopt, soon()));
    };
    profile_change what;
    what.timezone = "Asia/Tokyo";
    what.cover = false;
    CHECK(change(who.version, what) == change_result::done);
    CHECK(change(who.version, what) == change_result::stale);
    const auto now = w.run(users.require(id, soon()));
    CHECK(now.timezone == "Asia/Tokyo");
    CHECK_FALSE(now.cover);
    CHECK(now.locale == who.locale);
    CHECK(now.budget_version == who.budget_version + 1);
    profile_change dollars;
    dollars.currency = "USD";
    CHECK(change(now.version, dollars) == change_result::currency_in_use);
    const auto seen = w.run(changes.since(start.horizon, soon()));
    REQUIRE(!seen.ids.empty());
    CHECK(seen.ids.back() == id);
    CHECK(w.run(changes.since(seen.horizon, soon())).ids.empty());
}

TEST_CASE("erasing a person leaves nothing of them, and may be repeated") {
    world w;
    const auto id = w.person();
    const auto other = w.person();
    w.insert(id, new_uuid(), "2026-04-02", "groceries", -1000);
    profile_store users(*w.pool);
    CHECK(w.run(users.erase(id, soon())));
    CHECK(w.run(users.erase(id, soon())));
    CHECK(w.sql("select count(*) from users") == "1");
    CHECK(w.sql("select count(*) from transactions") == "0");
    CHECK(w.sql("select user_id from periods") == other.str());
}

TEST_CASE("a database of the release before finds its entries by their words at once, and all of them by and by") {
    auto& pg = mita::test::cluster();
    const auto name = pg.create_database();
    db::migrate_options o;
    o.url = secret(pg.url(name));
    o.schema = "finance";
    std::ostringstream said;
    db::migrate(o, migrations().first(5), said, said);
    const auto sql = [&](const std::string& text) { return pg.sql("set search_path = finance; " + text, name); };
    const auto ana = new_uuid(), ben = new_uuid();
    for (const auto& who : {ana, ben}) {
        sql("insert into users (user_id, timezone, currency, locale, region, settings, created_at, updated_at) values "
            "('" +
            who.str() + "', 'UTC', 'EUR', 'en', '', '{}', '2026-04-01', '2026-04-01')");
        sql("begin; insert into transactions (user_id, id, booked_on, amount, currency, payee, note, created_at, "
            "updated_at) select '" +
            who.str() +
            "', ('019d4a5c-7c00-7a01-8b02-' || lpad(n::text, 12, '0'))::uuid, '2026-04-01', -1, 'EUR', case when n = "
            "1500 then 'Café' end, case when n % 2 = 0 then '\u00e9' else 'Two  WORDS ' end, '2026-04-01', "
            "'2026-04-01' "
            "from generate_series(1, 2500) n; insert into transaction_lines select user_id, id, 1, 'groceries', -1, "
            "null, booked_on from transactions where user_id = '" +
            who.str() + "'; commit");
    }
    db::migrate(o, migrations(), said, said);
    world w(name);
    transaction_filter f;
    f.text = "CAFE";
    const auto page = w.run(read_page(*w.pool, ana, f, std::nullopt, 50, soon()));
    REQUIRE(page.entries.size() == 1);
    CHECK(page.entries.front().payee == "Café");
    CHECK_FALSE(page.next);
    const std::string lacking = "select count(*) from transactions where search_key is null and note is not null";
    CHECK(sql(lacking) == "1250");
    CHECK(w.run(make_searchable(*w.pool, std::nullopt, soon())));
    CHECK_FALSE(w.run(make_searchable(*w.pool, std::nullopt, soon())));
    CHECK(sql(lacking) == "0");
    CHECK(
        sql("select string_agg(distinct search_key, '|' order by search_key) from transactions where payee is null") ==
        "\ne|\ntwo words");
}
