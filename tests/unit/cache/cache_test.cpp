#include "cache/cache.hpp"
#include "core/ids.hpp"
#include "support/counted_new.hpp"
#include "support/run.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <malloc.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using mita::cache::options;
using mita::test::sanitized;

namespace {

struct string_sizer {
    std::size_t operator()(const std::string& key, const std::string& value) const {
        return key.capacity() + sizeof(std::string) + value.capacity();
    }
};
using strings = mita::cache::cache<std::string, std::string, string_sizer>;

struct number_sizer {
    std::size_t operator()(std::uint64_t, int) const { return 16; }
};
using numbers = mita::cache::cache<std::uint64_t, int, number_sizer>;

std::atomic<std::int64_t> fake_ms{1'000'000};
mita::deadline::clock::time_point fake_now() {
    return mita::deadline::clock::time_point(std::chrono::milliseconds(fake_ms.load()));
}
options with_fake_clock(std::size_t bytes = 1 << 20) {
    options o;
    o.max_bytes = bytes;
    o.now = &fake_now;
    return o;
}

std::shared_ptr<const std::string> text(std::string s) { return std::make_shared<const std::string>(std::move(s)); }
std::shared_ptr<const int> number(int n) { return std::make_shared<const int>(n); }

}  // namespace

TEST_CASE("What was inserted is found until it is invalidated or everything is cleared") {
    strings c{options()};
    CHECK(!c.find(std::string("a")));
    c.insert("a", text("1"));
    REQUIRE(c.find(std::string("a")));
    CHECK(*c.find(std::string("a"))->value == "1");
    CHECK(*c.find(std::string_view("a"))->value == "1");
    c.insert("a", text("2"));
    CHECK(*c.find(std::string("a"))->value == "2");
    CHECK(c.snapshot().entries == 1);
    c.invalidate("a");
    CHECK(!c.find(std::string("a")));
    c.insert("b", text("3"));
    c.insert("c", text("4"));
    c.clear();
    CHECK(c.snapshot().entries == 0);
    CHECK(!c.find(std::string("b")));
}

TEST_CASE("What is held against the database first is counted when that has judged it") {
    strings c{options()};
    c.insert("a", text("1"));
    REQUIRE(c.peek(std::string("a")));
    CHECK(!c.peek(std::string("b")));
    CHECK(c.snapshot().hits + c.snapshot().misses == 0);
    c.judge(std::string("a"), true);
    c.judge(std::string("a"), false);
    c.judge(std::string("b"), false);
    CHECK(c.snapshot().hits == 1);
    CHECK(c.snapshot().misses == 2);
}

TEST_CASE("Counts are exact: hits, misses, stale, entries and bytes") {
    auto o = with_fake_clock();
    o.jitter = 0;
    o.ttl = 100ms;
    strings c{o};
    const auto empty = c.snapshot().bytes;
    for (int i = 0; i < 50; ++i) c.insert("key" + std::to_string(i), text("value"));
    for (int i = 0; i < 60; ++i) (void)c.find("key" + std::to_string(i));
    auto s = c.snapshot();
    CHECK(s.hits == 50);
    CHECK(s.misses == 10);
    CHECK(s.entries == 50);
    CHECK(s.bytes > empty + 50 * sizeof(std::string));
    CHECK(s.hit_ratio() == Approx(50.0 / 60));
    fake_ms += 101;
    for (int i = 0; i < 50; ++i) (void)c.find("key" + std::to_string(i));
    s = c.snapshot();
    CHECK(s.stale == 50);
    CHECK(s.expired == 50);
    CHECK(s.misses == 60);
    CHECK(s.entries == 0);
    CHECK(s.bytes == empty);
}

TEST_CASE("Every inserted entry is accounted for once: kept, evicted, rejected, expired or invalidated") {
    CHECK(rc::check([] {
        auto o = with_fake_clock(64 << 10);
        o.ttl = 1'000ms;
        numbers c{o};
        std::uint64_t made = 0, removed = 0;
        const auto count = *rc::gen::inRange(0, 3000);
        const auto seed = *rc::gen::arbitrary<std::uint32_t>();
        std::mt19937 random(seed);
        for (int i = 0; i < count; ++i) {
            const std::uint64_t key = random() % 800;
            const auto before = c.snapshot();
            switch (random() % 8) {
                case 0: {
                    c.invalidate(key);
                    removed += before.entries - c.snapshot().entries;
                    break;
                }
                case 1:
                    fake_ms += random() % 100;
                    break;
                case 2:
                    (void)c.find(key);
                    break;
                case 3:
                    c.clean_up();
                    break;
                default: {
                    const bool there = c.find(key).has_value();
                    c.insert(key, number(i));
                    made += there ? 0 : 1;
                }
            }
        }
        const auto s = c.snapshot();
        RC_ASSERT(made == s.entries + s.evictions + s.rejections + s.expired + removed);
        RC_ASSERT(s.bytes <= s.max_bytes);
    }));
}

TEST_CASE("A null value is a negative entry with its own short life, ended by an insert") {
    auto o = with_fake_clock();
    o.jitter = 0;
    strings c{o};
    c.insert("gone", nullptr);
    auto f = c.find(std::string("gone"));
    REQUIRE(f);
    CHECK(f->value == nullptr);
    fake_ms += 4'999;
    CHECK(c.find(std::string("gone")));
    fake_ms += 2;
    CHECK(!c.find(std::string("gone")));
    c.insert("gone", nullptr);
    c.insert("gone", text("back"));
    CHECK(*c.find(std::string("gone"))->value == "back");
}

TEST_CASE("Lifetimes jitter by at most a tenth, and an explicit ttl is only ever shortened") {
    auto o = with_fake_clock(8 << 20);
    o.ttl = 1'000ms;
    numbers c{o};
    for (std::uint64_t i = 0; i < 1000; ++i) c.insert(i, number(1));
    for (std::uint64_t i = 1000; i < 2000; ++i) c.insert(i, number(1), 1'000ms);
    const auto alive = [&](std::uint64_t from) {
        int n = 0;
        for (std::uint64_t i = from; i < from + 1000; ++i) n += c.find(i) ? 1 : 0;
        return n;
    };
    fake_ms += 899;
    CHECK(alive(0) == 1000);
    CHECK(alive(1000) == 1000);
    fake_ms += 101;
    const int half = alive(0);
    CHECK(half > 350);
    CHECK(half < 650);
    CHECK(alive(1000) == 0);
    fake_ms += 100;
    CHECK(alive(0) == 0);
    c.insert(1, number(1));
    c.insert(1, number(1), 0ms);
    CHECK(!c.find(std::uint64_t{1}));
}

TEST_CASE("clean_up drops what expired without anybody asking for it, within 64 calls") {
    auto o = with_fake_clock(8 << 20);
    o.ttl = 100ms;
    numbers c{o};
    for (std::uint64_t i = 0; i < 10'000; ++i) c.insert(i, number(1));
    CHECK(c.snapshot().last_cleanup_unix_ms == 0);
    fake_ms += 200;
    for (int i = 0; i < 64; ++i) c.clean_up();
    const auto s = c.snapshot();
    CHECK(s.entries == 0);
    CHECK(s.expired == 10'000);
    CHECK(s.stale == 0);
    CHECK(s.last_cleanup_unix_ms > 0);
}

TEST_CASE("Small budgets work: fewer shards, bytes within the budget, a working set kept") {
    for (const std::size_t bytes :
         {std::size_t{4} << 10, std::size_t{64} << 10, std::size_t{200} << 10, std::size_t{1} << 20}) {
        options o;
        o.max_bytes = bytes;
        numbers c{o};
        const std::uint64_t fits = bytes / 400;
        for (int round = 0; round < 20; ++round)
            for (std::uint64_t i = 0; i < fits; ++i)
                if (!c.find(i)) c.insert(i, number(1));
        const auto s = c.snapshot();
        CHECK(s.bytes <= bytes);
        CHECK(s.hit_ratio() > 0.85);
    }
    options none;
    none.max_bytes = 0;
    numbers off{none};
    off.insert(1, number(1));
    CHECK(!off.find(std::uint64_t{1}));
}

TEST_CASE("An entry heavier than a shard is rejected, and so is an update that grows too heavy") {
    options o;
    o.max_bytes = 64 << 10;
    strings c{o};
    c.insert("big", text(std::string(70'000, 'x')));
    CHECK(!c.find(std::string("big")));
    CHECK(c.snapshot().rejections == 1);
    c.insert("k", text("small"));
    c.insert("k", text(std::string(70'000, 'x')));
    CHECK(!c.find(std::string("k")));
    CHECK(c.snapshot().entries == 0);
}

TEST_CASE("The heap grows by no more than 1.5 times the budget under a million inserts") {
    constexpr std::size_t budget = 8 << 20;
    const std::size_t inserts = sanitized ? 50'000 : 1'000'000;
    for (const std::size_t length : {std::size_t{8}, std::size_t{300}}) {
        options o;
        o.max_bytes = budget;
        const auto heap = [] {
            const auto m = mallinfo2();
            return m.uordblks + m.hblkhd;
        };
        const std::size_t before = heap();
        strings c{o};
        std::size_t highest = 0;
        for (std::size_t i = 0; i < inserts; ++i) {
            c.insert("key-of-some-length-" + std::to_string(i), text(std::string(length + i % 40, 'v')));
            if (i % 4096 == 0) highest = std::max(highest, heap() - before);
        }
        CHECK(c.snapshot().bytes <= budget);
        CHECK(c.snapshot().bytes > budget * 3 / 4);
        if (!sanitized) {
            CHECK(highest < budget * 3 / 2);
            CHECK(highest > budget / 4);
        }
    }
}

TEST_CASE("A hit allocates nothing") {
    strings c{options()};
    c.insert("some-key-longer-than-the-small-string-buffer", text("v"));
    const std::string_view key = "some-key-longer-than-the-small-string-buffer";
    (void)c.find(key);
    const auto before = mita::test::allocations();
    for (int i = 0; i < 1000; ++i) (void)c.find(key);
    CHECK(mita::test::allocations() == before);
}

TEST_CASE("A hit through get() allocates nothing after warm-up: its frame comes from the recycler") {
    strings c{options()};
    c.insert("k", text("v"));
    const auto load = [](std::string, mita::deadline) -> mita::awaitable<strings::ptr> { co_return nullptr; };
    std::uint64_t grown = 1;
    mita::test::run([&](mita::executor) -> mita::awaitable<> {
        for (int i = 0; i < 20; ++i) {
            const auto before = mita::test::allocations();
            const auto v = co_await c.get("k", load, mita::test::soon());
            if (!v || *v != "v") throw std::runtime_error("wrong value");
            grown = mita::test::allocations() - before;
        }
    });
    CHECK(grown == 0);
}

TEST_CASE("uuid and number keys are hashed under the secret") {
    mita::cache::cache<mita::uuid, int, std::size_t (*)(const mita::uuid&, const int&)> c{
        options(), [](const mita::uuid&, const int&) -> std::size_t { return 16; }};
    const auto id = mita::new_uuid();
    c.insert(id, number(5));
    REQUIRE(c.find(id));
    CHECK(*c.find(id)->value == 5);
}

TEST_CASE("Shards may be used from many threads at once") {
    options o;
    o.max_bytes = 256 << 10;
    numbers c{o};
    std::atomic<std::uint64_t> wrong{0}, asked{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            std::mt19937 random(static_cast<unsigned>(t));
            for (int i = 0; i < (sanitized ? 10'000 : 100'000); ++i) {
                const std::uint64_t key = random() % 3000;
                switch (random() % 16) {
                    case 0:
                        c.invalidate(key);
                        break;
                    case 1:
                        c.clean_up();
                        break;
                    case 2:
                        (void)c.snapshot();
                        break;
                    default:
                        ++asked;
                        if (const auto f = c.find(key)) {
                            wrong += f->value && *f->value == static_cast<int>(key) ? 0u : 1u;
                        } else {
                            c.insert(key, number(static_cast<int>(key)));
                        }
                }
            }
        });
    for (auto& t : threads) t.join();
    const auto s = c.snapshot();
    CHECK(wrong == 0);
    CHECK(s.hits + s.misses == asked);
    CHECK(s.bytes <= s.max_bytes);
}
