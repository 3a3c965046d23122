#include "jwt/revocation_feed.hpp"

#include "core/metrics.hpp"
#include "jwt/feed_page.hpp"
#include "support/run.hpp"
#include "unit/jwt/forge.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <charconv>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;
using mita::test::soon;

namespace {

// auth's two internal calls on a real socket, on a thread of its own.
class fake_auth {
public:
    explicit fake_auth(std::uint16_t at = 0)
        : acceptor_(context_.get_executor(), tcp::endpoint(asio::ip::address_v4::loopback(), at)) {
        port = acceptor_.local_endpoint().port();
        asio::co_spawn(context_.get_executor(), accept(this), [](std::exception_ptr) {});
        thread_ = std::thread([this] { context_.run(); });
    }
    ~fake_auth() {
        context_.stop();
        thread_.join();
    }
    void publish(const revocation& r) {
        const std::lock_guard lock(mutex_);
        kept_.push_back(r);
        sequence_ = r.sequence;
    }
    void set_jwks(std::string text) {
        const std::lock_guard lock(mutex_);
        jwks_ = std::move(text);
    }
    void rewind(std::int64_t to) {  // the database was restored
        const std::lock_guard lock(mutex_);
        sequence_ = to;
        std::erase_if(kept_, [&](const revocation& r) { return r.sequence > to; });
    }

    std::uint16_t port = 0;
    std::atomic<int> polls{0}, jwks_calls{0}, unauthorized{0}, status{200};
    std::atomic<bool> garbage{false}, hang{false};

private:
    static std::int64_t parameter(const std::string& target, const std::string& name) {
        const auto at = target.find(name + "=");
        std::int64_t out = -1;
        if (at != std::string::npos)
            std::from_chars(target.data() + at + name.size() + 1, target.data() + target.size(), out);
        return out;
    }
    static const char* word(revocation_kind k) {
        return k == revocation_kind::session ? "session"
               : k == revocation_kind::user  ? "user"
               : k == revocation_kind::token ? "token"
               : k == revocation_kind::key   ? "key"
                                             : "person";
    }
    std::string page(std::int64_t after) {
        const std::lock_guard lock(mutex_);
        const bool reset = after > sequence_;
        std::string out = R"({"revocations":[)";
        for (const auto& r : kept_) {
            if (!reset && r.sequence <= after) continue;
            if (out.back() != '[') out += ',';
            out += R"({"sequence":)" + std::to_string(r.sequence) + R"(,"kind":")" + word(r.kind) + R"(","id":")" +
                   r.id + R"(","not_before":)" + std::to_string(r.not_before) + R"(,"expires_at":)" +
                   std::to_string(r.expires_at) + "}";
        }
        return out + "],\"sequence\":" + std::to_string(sequence_) + (reset ? ",\"reset\":true}" : "}");
    }
    bool newer(std::int64_t after) {
        const std::lock_guard lock(mutex_);
        return sequence_ != after;
    }
    static awaitable<void> accept(fake_auth* self) {
        for (;;) {
            tcp_socket socket = co_await self->acceptor_.async_accept(use_awaitable);
            asio::co_spawn(self->context_.get_executor(), serve(self, std::move(socket)), [](std::exception_ptr) {});
        }
    }
    static awaitable<void> serve(fake_auth* self, tcp_socket socket) {
        std::string buffer;
        steady_timer timer(socket.get_executor());
        for (;;) {
            const std::size_t n =
                co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", use_awaitable);
            const std::string head = buffer.substr(0, n);
            buffer.erase(0, n);
            const std::string target = head.substr(4, head.find(' ', 4) - 4);
            if (head.find("Authorization: Bearer the-internal-token\r\n") == std::string::npos) ++self->unauthorized;
            std::string body;
            if (target.starts_with("/internal/v1/jwks")) {
                ++self->jwks_calls;
                const std::lock_guard lock(self->mutex_);
                body = self->jwks_;
            } else {
                ++self->polls;
                const auto after = parameter(target, "after"), wait = parameter(target, "wait_ms");
                const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait);
                while (self->hang || (!self->newer(after) && std::chrono::steady_clock::now() < end)) {
                    timer.expires_after(1ms);
                    co_await timer.async_wait(use_awaitable);
                }
                body = self->garbage ? R"({"revocations":[{"sequence":1}],"sequence":1})" : self->page(after);
            }
            const std::string answer =
                "HTTP/1.1 " + std::to_string(self->status.load()) +
                " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                body;
            co_await asio::async_write(socket, asio::buffer(answer), use_awaitable);
        }
    }

    asio::io_context context_{1};
    tcp_acceptor acceptor_;
    std::thread thread_;
    std::mutex mutex_;
    std::vector<revocation> kept_;
    std::int64_t sequence_ = 0;
    std::string jwks_ = "not yet";
};

// A service: one worker thread with client, validator and feed.
struct service {
    explicit service(std::uint16_t port, std::chrono::milliseconds silence = 10'000ms) : work(context.get_executor()) {
        validator_options v;
        v.rules = rules();
        v.feed_silence_limit = silence;
        tokens = std::make_unique<validator>(v, revoked, nullptr);
        http::client_options c;
        c.name = "auth";
        c.port = port;
        c.connect_timeout = 200ms;
        client = std::make_unique<http::client>(context.get_executor(), c, metrics);
        feed_options o;
        o.internal_token = secret("the-internal-token");
        o.on_people = [this](std::vector<revocation> entries) { return hear(this, std::move(entries)); };
        feed = std::make_unique<revocation_feed>(context.get_executor(), *client, revoked, *tokens, std::move(o), log);
        thread = std::thread([this] { context.run(); });
        asio::post(context, [this] { feed->start(); });
    }
    ~service() {
        std::atomic<bool> closed{false};
        asio::co_spawn(context.get_executor(), stop(this), [&](std::exception_ptr) { closed = true; });
        while (!closed) std::this_thread::sleep_for(1ms);
        work.reset();
        thread.join();
    }
    static awaitable<void> hear(service* s, std::vector<revocation> entries) {
        const std::lock_guard lock(s->mutex);
        for (const auto& e : entries) s->people.push_back(e.id);
        if (std::exchange(s->deaf, false)) throw std::runtime_error("not now");
        co_return;
    }
    std::vector<std::string> heard_of() {
        const std::lock_guard lock(mutex);
        return people;
    }
    static awaitable<void> stop(service* s) {
        co_await s->feed->close(soon());
        co_await s->client->close(deadline::after(50ms));
    }

    logger log{"test", log_level::off};
    metrics::registry metrics;
    revocations revoked;
    asio::io_context context{1};
    asio::executor_work_guard<executor> work;
    std::unique_ptr<validator> tokens;
    std::unique_ptr<http::client> client;
    std::unique_ptr<revocation_feed> feed;
    std::mutex mutex;
    std::vector<std::string> people;
    bool deaf = false;
    std::thread thread;
};

template <class F>
bool soon_true(F f) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!f() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    return f();
}

revocation session(std::int64_t sequence, const uuid& id) {
    return {sequence, revocation_kind::session, id.str(), 0, wall::unix_seconds() + 900};
}

}  // namespace

TEST_CASE("A feed answer is read strictly: one malformed entry and nothing of it counts") {
    const std::string id = "018f4e1c-0000-7000-8000-000000000001";
    const auto entry = [&](const std::string& kind, const std::string& with) {
        return R"({"sequence":5,"kind":")" + kind + R"(","id":")" + with +
               R"(","not_before":0,"expires_at":1800000000})";
    };
    const auto text = [](const std::string& entries, const std::string& more = "") {
        return R"({"revocations":[)" + entries + R"(],"sequence":7)" + more + "}";
    };
    const auto good = read_feed_page(text(entry("session", id) + "," + entry("key", "a-kid"), R"(,"reset":true)"));
    REQUIRE(good);
    CHECK(good->sequence == 7);
    CHECK(good->reset);
    REQUIRE(good->entries.size() == 2);
    CHECK(good->entries[1].kind == revocation_kind::key);
    CHECK(good->entries[1].id == "a-kid");
    CHECK(read_feed_page(text(""))->entries.empty());
    const auto later = read_feed_page(text(entry("planet", "x") + "," + entry("user", id)));
    REQUIRE(later);
    CHECK(later->unknown == 1);
    CHECK(later->entries.size() == 1);
    for (const auto& wrong :
         {std::string(), std::string("[]"), std::string("{}"), text(entry("session", "no-uuid")),
          text(entry("session", "")), text("5"), text("{}"),
          text(R"({"sequence":-1,"kind":"session","id":")" + id + R"(","not_before":0,"expires_at":1})"),
          text(R"({"sequence":"1","kind":"session","id":")" + id + R"(","not_before":0,"expires_at":1})"),
          text(R"({"sequence":1,"kind":"session","id":")" + id + R"(","not_before":0})"), text("", R"(,"reset":1)"),
          text("", R"(,"sequence":8)"), text("") + "x", std::string(R"({"revocations":{},"sequence":1})"),
          std::string(R"({"revocations":[]})"), std::string(R"({"sequence":1})")}) {
        INFO(wrong);
        CHECK_FALSE(read_feed_page(wrong));
    }
}

TEST_CASE("C3: what auth revokes is refused by another process within 100 ms, round after round") {
    fake_auth auth;
    const auto key = signing_key::generate(algorithm::eddsa);
    auth.set_jwks(make_jwks({key.public_jwk()}));
    service s(auth.port);
    REQUIRE(soon_true([&] { return s.feed->connected() && s.tokens->has_keys(); }));
    CHECK_FALSE(s.tokens->degraded());
    std::vector<double> ms;
    for (int i = 1; i <= 30; ++i) {
        const auto c = good_claims(wall::unix_seconds());
        const auto token = issue(c, key);
        REQUIRE(s.tokens->check_now(token).result == verdict::ok);
        const auto began = std::chrono::steady_clock::now();
        auth.publish(session(i, c.who.session_id));
        REQUIRE(soon_true([&] { return s.tokens->check_now(token).result == verdict::revoked; }));
        ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
    }
    std::sort(ms.begin(), ms.end());
    CHECK(ms[ms.size() / 2] < 100);
    CHECK(s.revoked.sequence() == 30);
    CHECK(auth.unauthorized == 0);
}

TEST_CASE("A service started before auth becomes ready soon after auth is there, and follows from the beginning") {
    std::uint16_t port = 0;
    {
        const fake_auth reserve;
        port = reserve.port;
    }
    service s(port);
    const std::string none = "mita_http_client_failures_total{upstream=\"auth\"} ";
    REQUIRE(soon_true([&] {
        const auto text = s.metrics.expose();
        const auto at = text.find(none);
        return at != std::string::npos && std::atoi(text.c_str() + at + none.size()) >= 3;
    }));
    CHECK_FALSE(s.feed->connected());
    CHECK(s.tokens->degraded());
    const auto key = signing_key::generate(algorithm::eddsa);
    fake_auth auth(port);
    const auto gone = new_uuid();
    auth.publish(session(1, gone));
    auth.set_jwks(make_jwks({key.public_jwk()}));
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(soon_true([&] { return s.feed->connected(); }));
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    CHECK(s.tokens->has_keys());
    CHECK(s.revoked.sequence() == 1);
    CHECK(s.revoked.size() == 1);
}

TEST_CASE("A key entry makes the JWKS be read again: the revoked key's tokens die, the new key's pass") {
    fake_auth auth;
    const auto old_key = signing_key::generate(algorithm::eddsa), new_key = signing_key::generate(algorithm::eddsa);
    auth.set_jwks(make_jwks({old_key.public_jwk()}));
    service s(auth.port);
    REQUIRE(soon_true([&] { return s.feed->connected(); }));
    const auto calls = auth.jwks_calls.load();
    const auto old_token = issue(good_claims(wall::unix_seconds()), old_key),
               new_token = issue(good_claims(wall::unix_seconds()), new_key);
    CHECK(s.tokens->check_now(old_token).result == verdict::ok);
    CHECK(s.tokens->check_now(new_token).result == verdict::unknown_key);
    auth.set_jwks(make_jwks({new_key.public_jwk()}));
    auth.publish({1, revocation_kind::key, old_key.kid(), 0, wall::unix_seconds() + 900});
    CHECK(soon_true([&] { return s.tokens->check_now(new_token).result == verdict::ok; }));
    CHECK(s.tokens->check_now(old_token).result != verdict::ok);
    CHECK(auth.jwks_calls == calls + 1);
}

TEST_CASE(
    "Whose address is another is told in the order of the feed and revokes nothing; a listener's fault ends no feed") {
    fake_auth auth;
    const auto key = signing_key::generate(algorithm::eddsa);
    auth.set_jwks(make_jwks({key.public_jwk()}));
    const auto c = good_claims(wall::unix_seconds());
    const auto who = c.who.user_id.str(), other = new_uuid().str(), third = new_uuid().str();
    const auto person = [](std::int64_t n, const std::string& id) {
        return revocation{n, revocation_kind::person, id, 0, wall::unix_seconds() + 900};
    };
    auth.publish(person(1, who));
    auth.publish(person(2, other));
    service s(auth.port);
    REQUIRE(soon_true([&] { return s.heard_of().size() == 2; }));
    CHECK(s.heard_of() == std::vector{who, other});
    {
        const std::lock_guard lock(s.mutex);
        s.deaf = true;
    }
    auth.publish(person(3, who));
    REQUIRE(soon_true([&] { return s.heard_of().size() == 3; }));
    auth.publish(person(4, third));
    REQUIRE(soon_true([&] { return s.heard_of().size() == 4; }));
    CHECK(s.heard_of().back() == third);
    REQUIRE(soon_true([&] { return s.revoked.sequence() == 4; }));
    CHECK(s.revoked.size() == 0);
    CHECK(s.tokens->check_now(issue(c, key)).result == verdict::ok);
}

TEST_CASE("A reset answer replaces the sequence; what was known to be revoked stays revoked") {
    fake_auth auth;
    const auto key = signing_key::generate(algorithm::eddsa);
    auth.set_jwks(make_jwks({key.public_jwk()}));
    const auto first = good_claims(wall::unix_seconds()), second = good_claims(wall::unix_seconds()),
               third = good_claims(wall::unix_seconds());
    auth.publish(session(10, first.who.session_id));
    auth.publish(session(20, second.who.session_id));
    service s(auth.port);
    REQUIRE(soon_true([&] { return s.revoked.sequence() == 20; }));
    auth.rewind(10);
    REQUIRE(soon_true([&] { return s.revoked.sequence() == 10; }));
    auth.publish(session(11, third.who.session_id));
    REQUIRE(soon_true([&] { return s.revoked.sequence() == 11; }));
    for (const auto* c : {&first, &second, &third})
        CHECK(s.tokens->check_now(issue(*c, key)).result == verdict::revoked);
}

TEST_CASE("C7: errors, garbage and silence of auth lead to degraded and back, without a flood of calls") {
    fake_auth auth;
    const auto key = signing_key::generate(algorithm::eddsa);
    auth.set_jwks(make_jwks({key.public_jwk()}));
    service s(auth.port, 500ms);
    REQUIRE(soon_true([&] { return s.feed->connected(); }));
    CHECK_FALSE(s.tokens->degraded());
    // A quiet feed is no lost feed: it stays alive over several limits.
    const auto polls = auth.polls.load();
    REQUIRE(soon_true([&] {
        if (s.tokens->degraded()) FAIL("degraded though auth answers");
        return auth.polls >= polls + 15;
    }));
    auth.status = 503;
    REQUIRE(soon_true([&] { return s.tokens->degraded(); }));
    CHECK_FALSE(s.feed->connected());
    auth.status = 200;
    REQUIRE(soon_true([&] { return !s.tokens->degraded(); }));
    auth.garbage = true;
    const auto gone = new_uuid();
    auth.publish(session(1, gone));
    const auto before = auth.polls.load();
    REQUIRE(soon_true([&] { return s.tokens->degraded(); }));
    CHECK(auth.polls - before < 20);
    CHECK(s.revoked.size() == 0);
    auth.garbage = false;
    REQUIRE(soon_true([&] { return !s.tokens->degraded(); }));
    CHECK(s.revoked.size() == 1);
    CHECK(s.revoked.sequence() == 1);
}

TEST_CASE("close ends the loop at once although a poll hangs") {
    fake_auth auth;
    const auto key = signing_key::generate(algorithm::eddsa);
    auth.set_jwks(make_jwks({key.public_jwk()}));
    auto s = std::make_unique<service>(auth.port);
    REQUIRE(soon_true([&] { return s->feed->connected() && auth.polls >= 2; }));
    auth.hang = true;
    const auto began = std::chrono::steady_clock::now();
    s.reset();
    CHECK(std::chrono::steady_clock::now() - began < 1500ms);
    auth.hang = false;
}

TEST_CASE("A service is told of the feed at once, not after the first long poll: it starts with C7 open") {
    fake_auth auth;
    const auto key = signing_key::generate(algorithm::eddsa);
    auth.set_jwks(make_jwks({key.public_jwk()}));
    service s(auth.port, 60'000ms);  // polls of 12 s
    REQUIRE(soon_true([&] { return s.feed->connected(); }));
    CHECK_FALSE(s.tokens->degraded());
    CHECK(s.revoked.silent_ms() < 6'000);
    CHECK(auth.polls <= 2);
}
