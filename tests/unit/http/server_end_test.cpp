// The server: clients that leave, and its own end.
#include "test_service.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace test_http;
using namespace std::chrono_literals;

TEST_CASE("L7: a handler learns that its client is gone") {
    running r;
    r.state.hold_ms = 100;
    {
        raw::socket s = r.connect();
        s.send(get("/held"));
        CHECK(s.read().status == 200);
        CHECK_FALSE(r.state.saw_gone);
        s.send(get("/held"));
        while (r.state.hits < 2) std::this_thread::yield();
    }
    r.stop();
    CHECK(r.state.saw_gone);
}

TEST_CASE("L7: a waiting handler is told that its client left, and a half-closed one still gets its answer") {
    running r;
    raw::socket s = r.connect();
    s.send(get("/until_gone"));
    while (r.state.hits < 1) std::this_thread::yield();
    s.finish();
    CHECK(s.read().body == R"({"gone":true})");
    CHECK(s.ended());
    r.state.saw_gone = false;
    {
        raw::socket leaving = r.connect();
        leaving.send(get("/until_gone"));
        while (r.state.hits < 2) std::this_thread::yield();
    }
    r.stop();
    CHECK(r.state.saw_gone);
}

TEST_CASE("A connection reset in the middle of anything leaves the server well") {
    running r;
    r.state.hold_ms = 20;
    const std::string bytes = get("/held") + post("/echo", std::string(5000, 'x')) + get("/stream") +
                              chunked("/stream", std::string(100, 'x')) + get("/big");
    for (std::size_t cut = 0; cut < bytes.size(); cut += 97) {
        raw::socket s = r.connect();
        s.send(bytes.substr(0, cut));
        s.patience(20);
        if (cut % 2 == 0) s.more();
        s.reset();
    }
    CHECK(r.ask(get("/hit")).status == 200);
    CHECK(r.stop() == 0);
    CHECK(r.servers[0]->connections() == 0);
    CHECK(r.servers[0]->in_flight() == 0);
}

TEST_CASE("Drain: who sends is answered with Connection: close, who is silent is closed, run() returns") {
    running r;
    r.state.hold_ms = 300;
    raw::socket idle = r.connect(), silent = r.connect(), busy = r.connect(), partial = r.connect(),
                fresh = r.connect();
    for (raw::socket* s : {&idle, &silent}) {
        s->send(get("/hit"));
        CHECK(s->read().status == 200);
    }
    busy.send(get("/held"));
    partial.send("GET /hit HT");
    while (r.state.hits < 3) std::this_thread::yield();
    std::this_thread::sleep_for(50ms);  // `partial` has been read; nothing here depends on it for success
    r.rt.request_stop();
    idle.send(get("/hit"));
    partial.send("TP/1.1\r\nHost: h\r\n\r\n");
    fresh.send(get("/hit"));
    for (raw::socket* s : {&idle, &busy, &partial, &fresh}) {
        const raw::answer a = s->read();
        CHECK(a.status == 200);
        CHECK(a.header("connection") == "close");
        CHECK(s->ended());
        s->close();
    }
    CHECK(silent.ended());
    CHECK(r.stop() == 0);
}

TEST_CASE("Drain under load loses no request: what handlers answered is what clients received") {
    for (int round = 0; round < 5; ++round) {
        running r(quick(), 2);
        std::atomic<int> answered{0}, lost{0};
        std::vector<std::thread> clients;
        for (int i = 0; i < 8; ++i)
            clients.emplace_back([&, i] {
                std::mt19937 random(static_cast<unsigned>(round * 100 + i));
                for (;;) {
                    raw::socket s(::socket(AF_INET, SOCK_STREAM, 0));
                    if (!s.connect_to(r.port)) return;  // nobody listens any more
                    const int requests = 1 + static_cast<int>(random() % 20);
                    for (int k = 0; k < requests; ++k) {
                        const bool sent = s.send(random() % 2 == 0 ? get("/hit") : post("/hit", "{}"));
                        const raw::answer a = s.read();
                        if (a.complete && a.status == 200) {
                            ++answered;
                            if (a.header("connection") == "close") break;
                        } else {
                            // Only a connection that nobody accepted any more may be reset.
                            if (k > 0 || !a.head.empty()) ++lost;
                            if (k == 0 && sent && s.ended() && errno != ECONNRESET) ++lost;
                            break;
                        }
                    }
                }
            });
        while (answered < 2000) std::this_thread::yield();
        CHECK(r.stop() == 0);
        for (std::thread& t : clients) t.join();
        CHECK(lost == 0);
        CHECK(answered == r.state.hits);
    }
}
