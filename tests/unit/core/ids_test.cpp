#include "core/ids.hpp"

#include "core/clock.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <set>
#include <thread>
#include <unordered_set>

using mita::uuid;

namespace {

uuid with_time(std::int64_t ms) {
    auto id = mita::new_uuid();
    for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    return id;
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(mita::wall::now().time_since_epoch()).count();
}

struct real_clock_after {
    ~real_clock_after() { mita::wall::follow_system(); }
};

}  // namespace

TEST_CASE("a new id is version 7, RFC variant and stamped with the wall clock") {
    const real_clock_after restore;
    mita::wall::start_at("2026-04-10T08:00:00Z");
    const auto id = mita::new_uuid();
    CHECK(id.version() == 7);
    CHECK((id.bytes[8] & 0xc0) == 0x80);
    CHECK(id.unix_ms() >= 1775808000000);
    CHECK(id.unix_ms() < 1775808000000 + 10000);
}

TEST_CASE("ids of one thread ascend, also within a millisecond, and never repeat") {
    auto last = mita::new_uuid();
    for (int i = 0; i < 20000; ++i) {
        const auto next = mita::new_uuid();
        REQUIRE(last < next);
        last = next;
    }
}

TEST_CASE("ids of several threads differ") {
    std::vector<std::vector<uuid>> made(4);
    std::vector<std::thread> threads;
    for (auto& ids : made)
        threads.emplace_back([&ids] {
            for (int i = 0; i < 2000; ++i) ids.push_back(mita::new_uuid());
        });
    for (auto& t : threads) t.join();
    std::set<uuid> all;
    for (const auto& ids : made) all.insert(ids.begin(), ids.end());
    CHECK(all.size() == 8000);
}

TEST_CASE("an id survives its text form in either case") {
    CHECK(rc::check("str and parse are inverse", [](std::array<std::uint8_t, 16> bytes) {
        const uuid id{bytes};
        const auto text = id.str();
        RC_ASSERT(text.size() == 36u);
        RC_ASSERT(uuid::parse(text) == id);
    }));
    CHECK(uuid::parse("018F4E2A-7B3C-7D4E-8F5A-6B7C8D9E0F1A")->str() == "018f4e2a-7b3c-7d4e-8f5a-6b7c8d9e0f1a");
}

TEST_CASE("text that is not exactly an id is refused") {
    for (const char* text : {"", "018f4e2a", "018f4e2a-7b3c-7d4e-8f5a-6b7c8d9e0f1",
                             "018f4e2a-7b3c-7d4e-8f5a-6b7c8d9e0f1a0", "{18f4e2a-7b3c-7d4e-8f5a-6b7c8d9e0f1a",
                             "018f4e2a7-b3c-7d4e-8f5a-6b7c8d9e0f1a", "018f4e2ag7b3c-7d4e-8f5a-6b7c8d9e0f1a",
                             "018f4e2a-7b3c-7d4e-8f5a-6b7c8d9e0f1g", "018f4e2a 7b3c 7d4e 8f5a 6b7c8d9e0f1a"})
        CHECK_FALSE(uuid::parse(text).has_value());
}

TEST_CASE("a client's id is acceptable within a day of our clock only, and only as version 7") {
    const std::int64_t day = 24 * 60 * 60 * 1000;
    CHECK(mita::acceptable_client_id(mita::new_uuid()));
    CHECK(mita::acceptable_client_id(with_time(now_ms() - day + 60000)));
    CHECK(mita::acceptable_client_id(with_time(now_ms() + day - 60000)));
    CHECK_FALSE(mita::acceptable_client_id(with_time(now_ms() - day - 60000)));
    CHECK_FALSE(mita::acceptable_client_id(with_time(now_ms() + day + 60000)));
    auto id = mita::new_uuid();
    id.bytes[6] = static_cast<std::uint8_t>(0x40 | (id.bytes[6] & 15));
    CHECK_FALSE(mita::acceptable_client_id(id));
    id = mita::new_uuid();
    id.bytes[8] = static_cast<std::uint8_t>(id.bytes[8] | 0xc0);
    CHECK_FALSE(mita::acceptable_client_id(id));
    CHECK_FALSE(mita::acceptable_client_id(uuid{}));
    CHECK(uuid{}.is_nil());
}

TEST_CASE("hashes of consecutive ids spread over the low bits") {
    std::unordered_set<std::size_t> buckets;
    for (int i = 0; i < 4096; ++i) buckets.insert(std::hash<uuid>()(mita::new_uuid()) & 0xfff);
    CHECK(buckets.size() > 2300);  // 4096 balls into 4096 urns leave about 63 % hit
    CHECK(buckets.size() < 2900);
}
