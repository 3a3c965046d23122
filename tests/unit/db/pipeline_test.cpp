#include "pipeline_support.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using namespace mita;
using namespace mita::test;
using namespace std::chrono_literals;

TEST_CASE("a statement is prepared before its first use on a connection and never again") {
    fixture f;
    const auto c = f.call({&one, &two, &one});
    const auto steps = f.p.plan(*c);
    REQUIRE(steps.size() == 5);
    CHECK(steps[0].prepare);
    CHECK_FALSE(steps[1].prepare);
    CHECK(steps[1].id == steps[0].id);
    CHECK(steps[2].prepare);
    CHECK(steps[3].id == steps[2].id);
    CHECK(steps[2].id != steps[0].id);
    CHECK(steps[4].item == 2);
    CHECK(steps[4].id == steps[0].id);
    CHECK(f.p.plan(*f.call({&two})).size() == 1);
}

TEST_CASE("without prepared statements each execution is sent unnamed") {
    db::pipeline p(false);
    fixture f;
    const auto steps = p.plan(*f.call({&one, &one}));
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].id == 0);
    CHECK_FALSE(steps[0].prepare);
}

TEST_CASE("a call is completed at its own Sync, not at its result") {
    fixture f;
    const auto a = f.send({&one});
    const auto b = f.send({&two});
    REQUIRE(f.p.on_rows({}));  // prepared
    REQUIRE(f.p.on_rows({}));
    CHECK(a->results.size() == 1);
    CHECK(f.p.size() == 2);
    CHECK(f.synced(t0 + 1s) == a);
    CHECK(a->finished == t0 + 1s);
    CHECK(f.p.head_since() == t0 + 1s);
    CHECK_FALSE(b->failure);
    CHECK(f.p.size() == 1);
}

TEST_CASE("an error ends with its own Sync and leaves the neighbours alone") {
    fixture f;
    const auto a = f.send({&one});
    const auto b = f.send({&two});
    const auto c = f.send({&three});
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.synced(t0) == a);
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_error(fault("22012"), false));
    REQUIRE(f.synced(t0) == b);
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.synced(t0) == c);
    CHECK_FALSE(a->failure);
    CHECK(b->failure->sqlstate == "22012");
    CHECK_FALSE(c->failure);
    CHECK(f.p.empty());
}

TEST_CASE("the first error of a batch is the one reported; what comes after was aborted") {
    fixture f;
    const auto a = f.send({&one, &two, &three});
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_error(fault("23505"), false));
    REQUIRE(f.p.on_aborted());
    REQUIRE(f.p.on_aborted());
    REQUIRE(f.synced(t0) == a);
    CHECK(a->failure->sqlstate == "23505");
    CHECK(f.p.plan(*f.call({&one})).size() == 1);
    CHECK(f.p.plan(*f.call({&two})).size() == 1);
    CHECK(f.p.plan(*f.call({&three})).size() == 2);  // its prepare was aborted
}

TEST_CASE("a failed prepare is forgotten, and whoever relied on it is told to try again") {
    fixture f;
    const auto a = f.send({&one});
    const auto b = f.send({&one});
    REQUIRE(f.p.on_error(fault("42P01"), false));
    REQUIRE(f.p.on_aborted());
    REQUIRE(f.synced(t0) == a);
    CHECK_FALSE(a->stale_plan);
    REQUIRE(f.p.on_error(fault("26000"), true));
    REQUIRE(f.synced(t0) == b);
    CHECK(b->stale_plan);
    CHECK(f.p.plan(*f.call({&one})).size() == 2);
}

TEST_CASE("a late error of an old preparation does not forget the newer one") {
    fixture f;
    f.send({&one});
    const auto late = f.send({&one});
    REQUIRE(f.p.on_error(fault("42P01"), false));
    REQUIRE(f.p.on_aborted());
    REQUIRE(f.synced(t0));
    const auto again = f.send({&one});  // prepared once more, under a new name
    REQUIRE(f.p.on_error(fault("26000"), true));
    REQUIRE(f.synced(t0) == late);
    CHECK(f.p.plan(*f.call({&one})).size() == 1);
    CHECK(again->results.empty());
}

TEST_CASE("an error at the Sync itself belongs to the head") {
    fixture f;
    const auto a = f.send({&one});
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_error(fault("23503"), false));  // a deferred constraint
    REQUIRE(f.synced(t0) == a);
    CHECK(a->failure->sqlstate == "23503");
}

TEST_CASE("an abandoned call keeps its place and its results are dropped") {
    fixture f;
    const auto a = f.send({&one});
    const auto b = f.send({&two});
    f.p.abandon(*a);
    f.p.abandon(*a);
    CHECK(f.p.abandoned() == 1);
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    CHECK(a->results.empty());
    CHECK(f.synced(t0) == a);
    CHECK(f.p.abandoned() == 0);
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    CHECK(f.synced(t0) == b);
    CHECK(b->results.size() == 1);
}

TEST_CASE("a lost connection fails all at once, keeping what the server already said") {
    fixture f;
    const auto a = f.send({&one});
    const auto b = f.send({&two});
    REQUIRE(f.p.on_error(fault("57P01"), false));
    const auto failed = f.p.fail_all(fault("08006"), t0);
    REQUIRE(failed.size() == 2);
    CHECK(a->failure->sqlstate == "57P01");
    CHECK_FALSE(a->lost);
    CHECK(b->failure->sqlstate == "08006");
    CHECK(b->lost);
    CHECK(f.p.empty());
    CHECK(f.p.plan(*f.call({&one})).size() == 2);
}

TEST_CASE("answers nobody asked for are noticed") {
    fixture f;
    CHECK_FALSE(f.p.on_rows({}));
    CHECK_FALSE(f.p.on_error(fault("00000"), false));
    CHECK_FALSE(f.p.on_aborted());
    CHECK_FALSE(f.synced(t0));
    f.send({&one});
    CHECK_FALSE(f.synced(t0));  // a Sync before its results
    REQUIRE(f.p.on_rows({}));
    REQUIRE(f.p.on_rows({}));
    CHECK_FALSE(f.p.on_rows({}));  // one result too many
}

TEST_CASE("against a model server, any mix of batches and faults completes every call once with its own outcome") {
    CHECK(rc::check([] {
        fixture f;
        const auto plans = *rc::gen::container<std::vector<std::vector<int>>>(
            rc::gen::resize(4, rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6)))));
        const auto shares = *rc::gen::container<std::vector<bool>>(plans.size(), rc::gen::arbitrary<bool>());
        std::vector<std::shared_ptr<db::call>> calls;
        std::vector<db::pipeline::steps> steps;
        for (const auto& plan : plans) {
            std::vector<db::batch::item> items;
            for (const int k : plan) items.emplace_back(statements[k % 3], db::params());
            calls.push_back(std::make_shared<db::call>(f.context.get_executor(), std::move(items)));
            steps.push_back(f.p.plan(*calls.back()));
            f.p.push(calls.back(), steps.back(), t0, !shares[calls.size() - 1]);
        }
        f.p.sync();
        // The server: executes in order; k >= 3 fails at execution; all after it up to the Sync is aborted.
        std::vector<bool> exists(64, false);
        std::vector<bool> failed(plans.size()), skipped(plans.size());
        bool aborting = false;
        std::size_t first = 0;  // of those under one Sync
        for (std::size_t i = 0; i < plans.size(); ++i) {
            skipped[i] = aborting;
            for (const auto& s : steps[i]) {
                if (aborting) {
                    RC_ASSERT(f.p.on_aborted());
                } else if (s.prepare) {
                    exists[s.id % 64] = true;
                    RC_ASSERT(f.p.on_rows({}));
                } else if (!exists[s.id % 64]) {
                    aborting = failed[i] = true;
                    RC_ASSERT(f.p.on_error(fault("26000"), true));
                } else if (plans[i][s.item] >= 3) {
                    aborting = failed[i] = true;
                    RC_ASSERT(f.p.on_error(fault("22012"), false));
                } else {
                    RC_ASSERT(f.p.on_rows({}));
                }
            }
            if (shares[i] && i + 1 < plans.size()) continue;
            const auto done = f.p.on_sync(t0);
            RC_ASSERT(done.size() == i + 1 - first);
            for (std::size_t k = first; k <= i; ++k) {
                RC_ASSERT(done[k - first] == calls[k]);
                RC_ASSERT(calls[k]->failure.has_value() == failed[k]);
                RC_ASSERT(calls[k]->skipped == skipped[k]);
                if (!failed[k] && !skipped[k]) RC_ASSERT(calls[k]->results.size() == plans[k].size());
            }
            first = i + 1;
            aborting = false;
        }
        RC_ASSERT(f.p.empty());
    }));
}
