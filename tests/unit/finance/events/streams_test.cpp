// Who has a place for a stream of events, who is told what, and what is written.
#include "core/error.hpp"
#include "finance/events/event_text.hpp"
#include "finance/events/stream_hub.hpp"
#include "finance/events/stream_places.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <vector>

using namespace mita;
using namespace mita::finance;

namespace {

unsigned refusal(stream_places& places, const uuid& who) {
    try {
        const auto place = places.take(who);
        return 0;
    } catch (const api_error& e) {
        return e.status;
    }
}

struct counting final : stream_hub::listener {
    int looks = 0, revocations = 0, judged = 0;
    void look() override { ++looks; }
    void judge(std::int64_t, bool revoked) override {
        ++judged;
        revocations += revoked ? 1 : 0;
    }
};

}  // namespace

TEST_CASE("A person has so many streams, an instance so many in all, and each place is given back") {
    metrics::registry registry;
    stream_places places(3, 2, registry);
    const uuid one = new_uuid(), other = new_uuid();
    CHECK_FALSE(places.has(one));
    {
        const auto a = places.take(one), b = places.take(one);
        CHECK(places.has(one));
        CHECK(refusal(places, one) == 429);
        const auto c = places.take(other);
        CHECK(refusal(places, other) == 503);
        CHECK(registry.expose().find("mita_finance_event_streams 3") != std::string::npos);
    }
    CHECK_FALSE(places.has(one));
    CHECK(refusal(places, one) == 0);
    CHECK(registry.expose().find("mita_finance_event_streams 0") != std::string::npos);
}

TEST_CASE("A change is told to the streams of its person alone, a revocation to all, once") {
    stream_hub hub;
    const uuid one = new_uuid(), other = new_uuid();
    counting a, b, c;
    hub.join(one, a);
    hub.join(one, b);
    hub.join(other, c);
    hub.changed(one);
    CHECK((a.looks == 1 && b.looks == 1 && c.looks == 0));
    hub.changed_all();
    CHECK((a.looks == 2 && c.looks == 1));
    for (const std::uint64_t generation : {1u, 1u, 2u}) hub.judge(0, generation);
    CHECK((a.judged == 3 && a.revocations == 2 && c.revocations == 2));
    hub.leave(one, a);
    hub.changed(one);
    CHECK((a.looks == 2 && b.looks == 3));
    hub.leave(one, b);
    hub.leave(other, c);
    CHECK(hub.empty());
}

TEST_CASE("An event is one line of data under its id") {
    std::string text;
    append_change(text, "id1", R"({"a":1})");
    append_change(text, "", "{}");
    CHECK(text == "event: change\nid: id1\ndata: {\"a\":1}\n\nevent: change\ndata: {}\n\n");
    CHECK(farewell_text("restart", 1500) == "event: end\nretry: 1500\ndata: {\"reason\":\"restart\"}\n\n");
    CHECK(hello_text(2000) == "retry: 2000\n\n");
}
