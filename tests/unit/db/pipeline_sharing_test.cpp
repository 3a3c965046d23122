// Calls of strangers under one Sync.
#include "pipeline_support.hpp"

using namespace mita;
using namespace mita::test;
using namespace std::chrono_literals;

TEST_CASE("calls that share a Sync are completed at it together, each with its own rows") {
    fixture f;
    const auto a = f.send({&one});
    const auto b = f.share({&two});
    const auto c = f.share({&two});
    CHECK(f.p.head_steps() == 2);
    for (int i = 0; i < 2; ++i) REQUIRE(f.p.on_rows({}));
    REQUIRE(f.synced(t0) == a);
    for (int i = 0; i < 2; ++i) REQUIRE(f.p.on_rows({}));  // the server may answer before the Sync is sent
    CHECK(b->results.size() == 1);
    f.p.sync();
    CHECK(f.p.head_steps() == 2);  // of the longest: its preparation and its execution
    CHECK(f.p.current() == &two);
    REQUIRE(f.p.on_rows({}));
    const auto d = f.send({&one});
    const auto done = f.p.on_sync(t0 + 1s);
    REQUIRE(done.size() == 2);
    CHECK(done[0] == b);
    CHECK(done[1] == c);
    for (const auto& who : done) {
        CHECK(who->results.size() == 1);
        CHECK_FALSE(who->failure);
        CHECK_FALSE(who->skipped);
    }
    CHECK(f.p.size() == 1);
    REQUIRE(f.p.on_rows({}));
    CHECK(f.synced(t0) == d);
}

TEST_CASE(
    "of calls that share a Sync an error stays with the one it is of; those after it are skipped, those before it "
    "hold") {
    fixture f;
    const auto a = f.share({&one});
    const auto b = f.share({&two});
    const auto c = f.share({&three});
    f.p.sync();
    const auto after = f.send({&three});
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_error(fault("57014"), false));
    REQUIRE(f.p.on_aborted());  // three's preparation
    REQUIRE(f.p.on_aborted());
    REQUIRE(f.p.on_sync(t0).size() == 3);
    CHECK(a->results.size() == 1);
    CHECK_FALSE(a->failure);
    CHECK(b->failure->sqlstate == "57014");
    CHECK_FALSE(b->skipped);
    CHECK(c->skipped);
    CHECK_FALSE(c->failure);
    REQUIRE(f.p.on_error(fault("26000"), true));  // it relied on the preparation that was skipped
    CHECK(f.synced(t0) == after);
    CHECK(after->stale_plan);
    CHECK(f.p.plan(*f.call({&three})).size() == 2);
}

TEST_CASE("who leaves while sharing a Sync takes nothing from the others") {
    fixture f;
    const auto a = f.share({&one});
    const auto b = f.share({&one});
    f.p.sync();
    f.p.abandon(*a);
    for (int i = 0; i < 3; ++i) REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_sync(t0).size() == 2);
    CHECK(a->results.empty());
    CHECK(b->results.size() == 1);
    CHECK(f.p.abandoned() == 0);
    CHECK(f.p.empty());
}

TEST_CASE("a lost connection fails those who wait for a Sync that was never sent") {
    fixture f;
    const auto a = f.share({&one});
    const auto b = f.share({&two});
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.fail_all(fault("08006"), t0).size() == 2);
    CHECK(a->lost);
    CHECK(a->results.empty());
    CHECK(b->lost);
    const auto c = f.send({&one});
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    CHECK(f.synced(t0) == c);
}
