// Whom an upstream chooses of its instances: nothing is sent, what is on its way is held.
#include "gateway/upstream/upstream.hpp"

#include <rapidcheck.h>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

using namespace mita;
using namespace mita::gateway;

namespace {

principal someone() {
    principal out;
    out.user_id = new_uuid();
    return out;
}

struct behind {
    explicit behind(unsigned instances)
        : place{"finance", {}, {}, 64}, to(context.get_executor(), with(instances), state, log, registry) {}
    upstream_place with(unsigned instances) {
        for (unsigned i = 0; i < instances; ++i)
            place.outside.push_back({"127.0.0.1", static_cast<std::uint16_t>(9000 + i)});
        return place;
    }
    std::string chosen(const principal* person) { return to.choose(person)->known->address; }

    upstream_place place;
    asio::io_context context{1};
    logger log{"test", log_level::error};
    metrics::registry registry;
    upstream_state state;
    upstream to;
};

}  // namespace

TEST_CASE("Who asks alone is always sent to the same instance, at every gateway, and people are spread evenly") {
    behind one(3), another(3);
    std::map<std::string, unsigned> people;
    for (int i = 0; i < 3'000; ++i) {
        const principal person = someone();
        const auto own = one.chosen(&person);
        ++people[own];
        for (int again = 0; again < 3; ++again) {
            CHECK(one.chosen(&person) == own);
            CHECK(another.chosen(&person) == own);
        }
    }
    REQUIRE(people.size() == 3);
    for (const auto& [address, of_it] : people) {
        INFO(address);
        CHECK(of_it > 850);  // within six standard deviations of 1,000
        CHECK(of_it < 1'150);
    }
}

TEST_CASE("When an instance is gone only its own people change theirs, and have it again when it is back") {
    behind world(3);
    const auto& all = world.to.all();
    unsigned moved = 0;
    for (int i = 0; i < 300; ++i) {
        const principal person = someone();
        const auto own = world.chosen(&person);
        world.to.note_check(*all[0], true, false);
        const auto meanwhile = world.chosen(&person);
        CHECK(meanwhile != all[0]->known->address);
        CHECK((meanwhile == own || own == all[0]->known->address));
        moved += meanwhile != own;
        world.to.note_check(*all[0], true, true);
        CHECK(world.chosen(&person) == own);
    }
    CHECK(moved > 0);
}

TEST_CASE("Who asks without a token is sent to one after the other") {
    behind world(3);
    std::map<std::string, unsigned> asked;
    for (int i = 0; i < 30; ++i) ++asked[world.chosen(nullptr)];
    REQUIRE(asked.size() == 3);
    for (const auto& [address, times] : asked) CHECK(times == 10);
}

TEST_CASE("A person's burst is shared by all instances: nobody is sent a request who has two more than another") {
    const bool held = rc::check("least-loaded first, whoever asks", [] {
        const auto instances = *rc::gen::inRange(2u, 6u);
        behind world(instances);
        const std::vector<principal> people{someone(), someone(), someone()};
        const auto& all = world.to.all();
        std::deque<errand> under_way;
        const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
        for (const int step : steps) {
            if (step == 0 && !under_way.empty()) {
                under_way.pop_front();
                continue;
            }
            const principal* const person = step < 4 ? &people[0] : step == 4 ? &people[1] : nullptr;
            std::vector<unsigned> before;
            for (const auto& it : all) before.push_back(it->busy);
            const unsigned least = *std::ranges::min_element(before);
            errand on = world.to.choose(person);
            RC_ASSERT(static_cast<bool>(on));
            RC_ASSERT(on->busy - 1 <= least + (person == nullptr ? 0 : 1));
            under_way.push_back(std::move(on));
        }
    });
    CHECK(held);
}
