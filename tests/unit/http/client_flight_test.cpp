// Requests in flight together over one connection, against upstreams that name their answers, or not, or say too much.
#include "http/client_flight.hpp"
#include "client_support.hpp"
#include "core/error.hpp"

#include <catch2/catch.hpp>

#include <mutex>

using namespace test_client;

namespace {

std::string name_in(const std::string& head) {
    const std::string line = "\r\nX-Answer-Name: ";
    const std::size_t at = head.find(line) + line.size();
    return head.substr(at, head.find('\r', at) - at);
}

std::string named(const std::string& request, const std::string& body) {
    return "HTTP/1.1 200 OK\r\nX-Answer-Name: " + name_in(request) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string target_of(const std::string& request) { return request.substr(4, request.find(' ', 4) - 4); }

// Requests /0, /1, ... of one flight.
struct flying : fixture {
    flying(std::uint16_t port, int count, std::function<void(client_options&)> change = {})
        : fixture(port, std::move(change)) {
        begin(count);
    }
    ~flying() { flight.reset(); }
    void begin(int count) {
        flight = std::make_unique<client_flight>(*c);
        for (int i = 0; i < count; ++i)
            flight->add("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n", "n" + std::to_string(1000 + i));
    }
    std::string next(deadline d = mita::test::soon()) {
        client_response out;
        try {
            mita::test::run(context, flight->next(out, d));
        } catch (const upstream_error& e) {
            return e.before_bytes ? "closed before" : "broken";
        } catch (const deadline_exceeded&) {
            return "too late";
        }
        return std::string(out.body);
    }
    // Afterwards the client knows that its upstream names its answers.
    void acquaint() {
        const int count = 1;
        begin(count);
        CHECK(next() == "/0");
    }
    std::unique_ptr<client_flight> flight;
};

void answer_by_name(raw::socket& s, int) {
    for (std::string r = read_request(s); !r.empty(); r = read_request(s)) s.send(named(r, target_of(r)));
}

}  // namespace

TEST_CASE(
    "R12: an upstream that names its answers gets the requests of a flight at once, and each gets its own answer") {
    upstream up(answer_by_name);
    flying f(up.port(), 20);
    for (int i = 0; i < 20; ++i) CHECK(f.next() == "/" + std::to_string(i));
    CHECK(up.connections() == 1);
    CHECK(f.c->snapshot().idle == 1);
}

TEST_CASE("R12: the requests behind the first are there before the first is answered") {
    upstream up([](raw::socket& s, int) {
        for (std::string r = read_request(s); !r.empty(); r = read_request(s)) {
            if (target_of(r) != "/0" || name_in(r) != "n1000") return;
            s.send(named(r, "/0"));  // alone: makes acquaintance
            const std::string first = read_request(s), second = read_request(s), third = read_request(s);
            s.send(named(first, target_of(first)) + named(second, target_of(second)) + named(third, target_of(third)));
        }
    });
    flying f(up.port(), 1);
    CHECK(f.next() == "/0");
    f.begin(3);
    for (int i = 0; i < 3; ++i) CHECK(f.next() == "/" + std::to_string(i));
    CHECK(up.connections() == 1);
}

TEST_CASE("R16: answers of a flight, cut anywhere and in every framing, are each read whole") {
    const std::vector<std::string> framings = {"Content-Length: 5\r\n\r\nhello",
                                               "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"};
    std::atomic<std::size_t> cut{0}, size{1000};
    upstream up([&](raw::socket& s, int) {
        const std::string alone = read_request(s);
        s.send(named(alone, "/0"));
        for (;;) {
            std::string all;
            for (int i = 0; i < 4; ++i) {
                const std::string r = read_request(s);
                if (r.empty()) return;
                all +=
                    "HTTP/1.1 200 OK\r\nX-Answer-Name: " + name_in(r) + "\r\n" + framings[static_cast<unsigned>(i) % 2];
            }
            size = all.size();
            s.send(std::string_view(all).substr(0, cut));
            std::this_thread::yield();
            s.send(std::string_view(all).substr(cut));
        }
    });
    flying f(up.port(), 1);
    f.acquaint();
    for (cut = 1; cut < size; ++cut) {
        f.begin(4);
        for (int i = 0; i < 4; ++i) CHECK(f.next() == "hello");
    }
    CHECK(up.connections() == 1);
}

TEST_CASE("R16: an answer that nobody asked for is given to nobody of a flight") {
    const std::vector<std::string> poison = {
        ok("poison"), "HTTP/1.1 200 OK\r\nX-Answer-Name: n9999\r\nContent-Length: 6\r\n\r\npoison"};
    for (const std::string& more : poison) {
        upstream up([&](raw::socket& s, int n) {
            for (std::string r = read_request(s); !r.empty(); r = read_request(s))
                s.send(named(r, target_of(r)) + (n == 0 && target_of(r) == "/1" ? more : ""));
        });
        flying f(up.port(), 1);
        f.acquaint();
        f.begin(4);
        for (int i = 0; i < 4; ++i) CHECK(f.next() == "/" + std::to_string(i));
        CHECK(up.connections() == 2);
    }
}

TEST_CASE("R16: an upstream that does not name its answers is asked one by one") {
    std::atomic<bool> together{false};
    upstream up([&](raw::socket& s, int) {
        for (std::string r = read_request(s); !r.empty(); r = read_request(s)) {
            together = together || !s.held().empty();
            s.send(ok(target_of(r)));
        }
    });
    flying f(up.port(), 5);
    for (int i = 0; i < 5; ++i) CHECK(f.next() == "/" + std::to_string(i));
    CHECK_FALSE(together);
    CHECK(up.connections() == 1);
}

TEST_CASE("An upstream that stops naming its answers keeps none of a flight's requests from theirs") {
    upstream up([](raw::socket& s, int n) {
        for (std::string r = read_request(s); !r.empty(); r = read_request(s))
            s.send(n == 0 && target_of(r) == "/0" && name_in(r) == "n1000" ? named(r, "/0") : ok(target_of(r)));
    });
    flying f(up.port(), 1);
    f.acquaint();
    f.begin(4);
    for (int i = 0; i < 4; ++i) CHECK(f.next() == "/" + std::to_string(i));
}

TEST_CASE(
    "What an upstream closes on before a byte of its answer is asked for again once, with what stands behind it") {
    std::mutex mutex;
    std::vector<std::string> seen;
    upstream up([&](raw::socket& s, int n) {
        for (std::string r = read_request(s); !r.empty(); r = read_request(s)) {
            {
                const std::scoped_lock lock(mutex);
                seen.push_back(target_of(r));
            }
            if (n == 0 && target_of(r) == "/2") return s.close();
            s.send(named(r, target_of(r)));
        }
    });
    flying f(up.port(), 1);
    f.acquaint();
    f.begin(5);
    for (int i = 0; i < 5; ++i) CHECK(f.next() == "/" + std::to_string(i));
    CHECK(up.connections() == 2);
    const std::scoped_lock lock(mutex);
    CHECK(seen == std::vector<std::string>{"/0", "/0", "/1", "/2", "/2", "/3", "/4"});
}

TEST_CASE("A request of a flight fails alone: those behind it are asked for anew") {
    upstream up([](raw::socket& s, int) {
        for (std::string r = read_request(s); !r.empty(); r = read_request(s)) {
            if (target_of(r) == "/1") {
                s.send(named(r, "half of it").substr(0, 30));
                return s.close();
            }
            if (target_of(r) == "/3") return s.close();  // each time
            if (target_of(r) == "/5") s.until("never");  // says nothing
            s.send(named(r, target_of(r)));
        }
    });
    flying f(up.port(), 1);
    f.acquaint();
    f.begin(7);
    CHECK(f.next() == "/0");
    CHECK(f.next() == "broken");
    CHECK(f.next() == "/2");
    CHECK(f.next() == "closed before");
    CHECK(f.next() == "/4");
    CHECK(f.next(deadline::after(150ms)) == "too late");
    CHECK(f.next() == "/6");
    CHECK(f.c->snapshot().busy == 0);
}

TEST_CASE("A flight that ends early leaves no connection behind") {
    upstream up(answer_by_name);
    flying f(up.port(), 1);
    f.acquaint();
    f.begin(5);
    CHECK(f.next() == "/0");
    f.flight.reset();
    CHECK(f.c->snapshot().busy + f.c->snapshot().idle == 0);
    f.begin(2);
    CHECK(f.next() == "/0");
    CHECK(f.next() == "/1");
}

TEST_CASE("The answers of a flight that nobody asked for yet wait unread") {
    std::atomic<bool> all_sent{false};
    const std::string large(24 << 20, 'x');
    upstream up([&](raw::socket& s, int) {
        for (std::string r = read_request(s); !r.empty(); r = read_request(s)) {
            s.send(named(r, target_of(r) == "/1" ? large : target_of(r)));
            all_sent = target_of(r) == "/1";
        }
    });
    flying f(up.port(), 1, [](client_options& o) { o.max_response = 32 << 20; });
    f.acquaint();
    f.begin(3);
    CHECK(f.next() == "/0");
    f.settle([n = 0]() mutable { return ++n > 10; });
    CHECK_FALSE(all_sent);
    CHECK(f.next() == large);
    CHECK(f.next() == "/2");
}
