#include "db/migrate.hpp"

#include "db/url.hpp"
#include "world.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <thread>

using namespace mita;
using namespace mita::test;

namespace mita::db_test {
std::span<const db::migration> migrations();  // tests/unit/db/schema, embedded by mita_embed_migrations
}

namespace {

constexpr db::migration good[] = {{1, "one", "create table a(i int); insert into a values (1);"},
                                  {2, "two", "create table b(i serial)"}};

db::migrate_options options_for(const std::string& database) {
    db::migrate_options o;
    o.url = secret(cluster().url(database));
    o.schema = "app";
    o.wait_seconds = 10;
    return o;
}

int run_migrate(const db::migrate_options& o, std::span<const db::migration> m, std::ostream& out) {
    return db::migrate(o, m, out, out);
}

std::string fails_with(const db::migrate_options& o, std::span<const db::migration> m) {
    std::ostringstream out;
    try {
        run_migrate(o, m, out);
    } catch (const db::error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("migrations embedded from files are applied in order, once") {
    const auto database = cluster().create_database();
    std::ostringstream out;
    CHECK(run_migrate(options_for(database), db_test::migrations(), out) == 2);
    CHECK(cluster().sql("select text from app.notes", database) ==
          "first; with a semicolon, \"quotes\" and [brackets]");
    CHECK(cluster().sql("select author from app.notes", database) == "ich größer");
    CHECK(out.str().find("applied 1_notes in ") != std::string::npos);
    std::ostringstream again;
    CHECK(run_migrate(options_for(database), db_test::migrations(), again) == 2);
    CHECK(again.str() == "schema app is at version 2\n");
    CHECK(cluster().sql("select count(*) from app.notes", database) == "1");
}

TEST_CASE("a migration that fails leaves no trace of itself and keeps those before it") {
    const auto database = cluster().create_database();
    const db::migration bad[] = {good[0], {2, "bad", "create table c(i int); select 1/0;"}};
    CHECK(fails_with(options_for(database), bad).find("migration 2_bad: division by zero [22012]") == 0);
    CHECK(cluster().sql("select to_regclass('app.a') is not null and to_regclass('app.c') is null", database) == "t");
    CHECK(cluster().sql("select max(number) from app.schema_migrations", database) == "1");
    std::ostringstream out;
    CHECK(run_migrate(options_for(database), good, out) == 2);
    const db::migration syntax[] = {good[0], good[1], {3, "typo", "creat table x(i int)"}};
    CHECK(fails_with(options_for(database), syntax).find("at character 1") != std::string::npos);
    const db::migration ends[] = {good[0], good[1], {3, "ends", "create table x(i int); commit;"}};
    CHECK(fails_with(options_for(database), ends).find("ends its transaction itself") != std::string::npos);
}

TEST_CASE("a database that differs from ours or is newer is refused and left alone") {
    const auto database = cluster().create_database();
    std::ostringstream out;
    run_migrate(options_for(database), good, out);
    const db::migration changed[] = {{1, "one", "create table a(i bigint)"}, good[1]};
    CHECK(fails_with(options_for(database), changed).find("migration 1_one was changed") == 0);
    CHECK(fails_with(options_for(database), std::span(good, 1)).find("the database is newer") == 0);
    const db::migration renumbered[] = {good[0], {3, "two", good[1].sql}};
    CHECK(fails_with(options_for(database), renumbered).find("the database has migration 2_two") == 0);
    const db::migration disorder[] = {good[1], good[0]};
    CHECK_THROWS_AS(run_migrate(options_for(database), disorder, out), std::logic_error);
}

TEST_CASE("two migrations at the same time apply everything once") {
    const auto database = cluster().create_database();
    const db::migration slow[] = {{1, "slow", "create table a(i int); insert into a values (1); select pg_sleep(0.2)"},
                                  good[1]};
    std::vector<std::string> errors(4);
    std::vector<std::ostringstream> outputs(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            try {
                run_migrate(options_for(database), slow, outputs[i]);
            } catch (const std::exception& e) {
                errors[i] = e.what();
            }
        });
    for (auto& t : threads) t.join();
    int applied = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(errors[i].empty());
        applied += outputs[i].str().find("applied 1_slow") != std::string::npos;
    }
    CHECK(applied == 1);
    CHECK(cluster().sql("select count(*) from app.a", database) == "1");
}

TEST_CASE("the service role may use data and define nothing") {
    const auto database = cluster().create_database();
    auto o = options_for(database);
    const auto login = db::credentials_of(secret("postgresql://app_user:p%40ss%20w@db.example/x"));
    CHECK(login.user == "app_user");
    CHECK(login.password == secret("p@ss w"));
    o.service_role = login.user;
    o.service_password = login.password.copy();
    std::ostringstream out;
    run_migrate(o, std::span(good, 1), out);
    CHECK(out.str().find("created role \"app_user\"") != std::string::npos);
    CHECK(out.str().find("p@ss") == std::string::npos);
    run_migrate(o, good, out);  // table b comes later and is covered as well

    db_world w;
    auto p = db_world::options("postgresql://app_user:p%40ss%20w@127.0.0.1:" + std::to_string(cluster().port()) + "/" +
                               database);
    p.search_path = "app";
    const auto pool = w.pool(std::move(p));
    const auto try_sql = [&](const db::statement& s) { return w.run(outcome(pool->query(s, soon()))); };
    static constexpr db::statement read{"read", "select * from a"};
    static constexpr db::statement write{"write", "insert into a values (2)"};
    static constexpr db::statement change{"change", "update a set i = 3 where i = 2"};
    static constexpr db::statement remove{"remove", "delete from a where i = 3"};
    static constexpr db::statement number{"number", "insert into b default values"};
    static constexpr db::statement version{"version", "select max(number) from schema_migrations"};
    for (const auto* s : {&read, &write, &change, &remove, &number, &version}) CHECK(try_sql(*s).empty());
    static constexpr db::statement create{"create", "create table evil(i int)"};
    static constexpr db::statement drop{"drop", "drop table a"};
    static constexpr db::statement truncate{"truncate", "truncate a"};
    static constexpr db::statement alter{"alter", "alter table a add j int"};
    static constexpr db::statement forge{"forge", "delete from schema_migrations"};
    static constexpr db::statement grow{"grow", "create role friend"};
    for (const auto* s : {&create, &drop, &truncate, &alter, &forge, &grow}) CHECK(try_sql(*s) == "42501");

    auto& rotated = o;
    rotated.service_password = secret("rotated");
    run_migrate(rotated, good, out);
    const auto after = w.pool(db_world::options(
        "postgresql://app_user:rotated@127.0.0.1:" + std::to_string(cluster().port()) + "/" + database));
    CHECK(w.turn_until([&] { return after->ready(); }, std::chrono::seconds(3)));
    CHECK(w.run(after->query(read, soon())).size() == 1);  // the search path is the role's own, too
}

TEST_CASE("the owner as service role needs no role, and a missing role without password is refused clearly") {
    const auto database = cluster().create_database();
    auto o = options_for(database);
    o.service_role = "postgres";
    o.service_password = secret("ignored");
    std::ostringstream out;
    run_migrate(o, good, out);
    CHECK(out.str().find("role") == std::string::npos);
    o.service_role = "nobody_yet";
    o.service_password = secret();
    CHECK(fails_with(o, good).find("the role \"nobody_yet\" does not exist") == 0);
}

TEST_CASE("a limited owner, as hosts give them, migrates without touching roles") {
    const auto database = cluster().create_database();
    cluster().sql("create role limited login; create role tenant login", database);
    cluster().sql("alter database " + database + " owner to limited");
    auto o = options_for(database);
    o.url = secret("postgresql://limited@/" + database + "?host=" + cluster().directory() +
                   "&port=" + std::to_string(cluster().port()));
    o.service_role = "tenant";
    o.service_password = secret("x");
    std::ostringstream out;
    CHECK(run_migrate(o, good, out) == 2);
    CHECK(out.str().find("left as it is") != std::string::npos);
    CHECK(cluster().sql("select has_table_privilege('tenant', 'app.a', 'select')", database) == "t");
}

TEST_CASE("migrate waits for a database that is not there yet, and no longer than told") {
    auto o = options_for("postgres");
    o.url = secret("postgresql://postgres:secret-word@127.0.0.1:" + std::to_string(free_port()) + "/postgres");
    o.wait_seconds = 1;
    const auto began = std::chrono::steady_clock::now();
    const auto message = fails_with(o, good);
    CHECK(message.find("cannot connect to the database") == 0);
    CHECK(message.find("secret-word") == std::string::npos);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));
    const std::unique_ptr<pg_cluster> late(new pg_cluster);
    late->stop();
    std::thread starter([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
        late->start();
    });
    o.url = secret(late->url());
    o.wait_seconds = 20;
    std::ostringstream out;
    CHECK(run_migrate(o, good, out) == 2);
    CHECK(out.str().find("waiting for the database, 20 s at most: connection to server") == 0);
    starter.join();
}
