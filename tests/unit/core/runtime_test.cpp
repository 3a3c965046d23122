#include "core/runtime.hpp"

#include "core/waiter.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <csignal>
#include <future>
#include <mutex>

using namespace std::chrono_literals;
using namespace mita;

namespace {

// A logger whose lines the test can read.
struct captured_log {
    captured_log() {
        REQUIRE(::pipe2(fd, O_CLOEXEC) == 0);
        log = std::make_unique<logger>("test", log_level::info, fd[1]);
    }
    ~captured_log() {
        log.reset();
        ::close(fd[0]);
        ::close(fd[1]);
    }
    std::string text() {
        log->flush();
        ::fcntl(fd[0], F_SETFL, O_NONBLOCK);
        char buffer[65536];
        for (ssize_t n; (n = ::read(fd[0], buffer, sizeof buffer)) > 0;)
            all.append(buffer, static_cast<std::size_t>(n));
        return all;
    }
    int fd[2];
    std::string all;
    std::unique_ptr<logger> log;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// What happened, in order, from any thread.
struct journal {
    void add(std::string what) {
        const std::lock_guard lock(mutex);
        events.push_back(std::move(what));
    }
    std::mutex mutex;
    std::vector<std::string> events;
};

awaitable<void> wait_for(executor ex, std::chrono::milliseconds time) {
    steady_timer timer(ex, time);
    error_code ec;
    co_await timer.async_wait(to(ec));
}

// A little server of one connection: answers each line after some work, and drains as http::server does.
struct small_server {
    explicit small_server(worker& w, journal* to) : acceptor(w.get_executor()), idle(w.get_executor()), log(to) {
        acceptor.open(tcp::v4());
        acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        acceptor.listen();
    }
    tcp_acceptor acceptor;
    waiter idle;
    journal* log;
    bool busy = false;
    bool stopping = false;
};

awaitable<void> serve(small_server* s) {
    error_code ec;
    auto socket = co_await s->acceptor.async_accept(to(ec));
    if (ec) co_return;
    s->busy = true;
    std::array<char, 4> request;
    co_await asio::async_read(socket, asio::buffer(request), to(ec));
    ::kill(::getpid(), SIGTERM);  // the stop comes while this request is in flight
    co_await wait_for(s->acceptor.get_executor(), 50ms);
    const std::string answer = "pong";
    co_await asio::async_write(socket, asio::buffer(answer), to(ec));
    s->log->add("answered");
    s->busy = false;
    s->idle.notify();
}

awaitable<void> drain(small_server* s, deadline d) {
    s->log->add("drain");
    s->stopping = true;
    error_code ec;
    s->acceptor.close(ec);
    if (!s->busy) co_return;
    const bool finished = co_await s->idle.wait(d);
    s->log->add(finished ? "drained" : "drain late");
}

// The exit code of `body` in a child process, so that signals and abandoned frames are its own.
template <class Body>
int exit_code_of(Body body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(body());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

awaitable<void> forever(executor ex) {
    for (;;) {
        co_await wait_for(ex, 1h);
    }
}

}  // namespace

TEST_CASE("SIGTERM drains: the request in flight is answered, then the pools close, then run returns") {
    captured_log out;
    journal events;
    runtime rt(2, *out.log, 5s);
    small_server server(rt.at(1), &events);
    rt.spawn(1, "serve", [&] { return serve(&server); });
    rt.on_stop(stop_stage::drain, 1, [&](deadline d) { return drain(&server, d); });
    rt.on_stop(stop_stage::close, 0, [&](deadline) -> awaitable<void> {
        events.add("closed");
        co_return;
    });
    std::string answer(4, ' ');
    std::thread client([&, port = server.acceptor.local_endpoint().port()] {
        asio::io_context context;
        tcp::socket socket(context);
        socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
        asio::write(socket, asio::buffer("ping", 4));
        asio::read(socket, asio::buffer(answer));
    });
    CHECK(rt.run() == 0);
    client.join();
    CHECK(answer == "pong");
    CHECK(events.events == std::vector<std::string>{"drain", "answered", "drained", "closed"});
    CHECK(rt.stopping());
    const auto text = out.text();
    CHECK(has(text, "\"event\":\"stopping\",\"reason\":\"SIGTERM\""));
    CHECK(has(text, "\"event\":\"stopped\""));
}

TEST_CASE("SIGINT stops as SIGTERM does, SIGHUP ends nothing") {
    captured_log out;
    runtime rt(1, *out.log, 1s);
    rt.spawn(0, "hang_up_then_stop", [&]() -> awaitable<void> {
        ::kill(::getpid(), SIGHUP);
        while (!has(out.text(), "\"event\":\"hangup\"")) {
            steady_timer pause(rt.at(0).get_executor(), 1ms);
            co_await pause.async_wait(use_awaitable);
        }
        CHECK_FALSE(rt.stopping());
        ::kill(::getpid(), SIGINT);
    });
    CHECK(rt.run() == 0);
    CHECK(has(out.text(), "\"reason\":\"SIGINT\""));
}

TEST_CASE("a stop may be requested from any thread, before run and twice") {
    captured_log out;
    runtime rt(3, *out.log, 1s);
    std::atomic<int> drained{0};
    for (unsigned w = 0; w < 3; ++w)
        rt.on_stop(stop_stage::drain, w, [&drained](deadline) -> awaitable<void> {
            ++drained;
            co_return;
        });
    rt.request_stop();
    std::thread other([&] { rt.request_stop(); });
    CHECK(rt.run() == 0);
    other.join();
    CHECK(drained == 3);
}

TEST_CASE("each worker runs on a thread of its own") {
    captured_log out;
    runtime rt(3, *out.log, 1s);
    std::array<std::thread::id, 3> ids;
    std::atomic<int> seen{0};
    for (unsigned w = 0; w < 3; ++w) {
        CHECK(rt.at(w).index() == w);
        rt.spawn(w, "who", [&, w]() -> awaitable<void> {
            ids[w] = std::this_thread::get_id();
            if (++seen == 3) rt.request_stop();
            co_return;
        });
    }
    CHECK(rt.run() == 0);
    CHECK(ids[0] == std::this_thread::get_id());
    CHECK(ids[1] != ids[0]);
    CHECK(ids[2] != ids[0]);
    CHECK(ids[1] != ids[2]);
}

TEST_CASE("a task, a hook or a handler that throws is logged and stops nothing") {
    captured_log out;
    runtime rt(1, *out.log, 1s);
    bool closed = false;
    rt.spawn(0, "fragile", []() -> awaitable<void> {
        throw std::runtime_error("task broke");
        co_return;
    });
    rt.on_stop(stop_stage::drain, 0, [](deadline) -> awaitable<void> {
        throw std::runtime_error("hook broke");
        co_return;
    });
    rt.on_stop(stop_stage::close, 0, [&](deadline) -> awaitable<void> {
        closed = true;
        co_return;
    });
    asio::post(rt.at(0).get_executor(), [] { throw 42; });
    asio::post(rt.at(0).get_executor(), [&] { rt.request_stop(); });
    CHECK(rt.run() == 0);
    CHECK(closed);
    const auto text = out.text();
    CHECK(has(text, "\"event\":\"task_failed\",\"task\":\"fragile\",\"reason\":\"task broke\""));
    CHECK(has(text, "\"event\":\"stop_hook_failed\",\"task\":\"drain\",\"reason\":\"hook broke\""));
    CHECK(has(text, "\"event\":\"handler_failed\""));
}

TEST_CASE("a drain that outlasts its time does not hold up the next stage") {
    captured_log out;
    runtime rt(2, *out.log, 50ms, 10s);
    waiter release(rt.at(1).get_executor());
    std::atomic<bool> late{false};
    rt.on_stop(stop_stage::drain, 1, [&](deadline) -> awaitable<void> {
        const auto long_after = deadline::after(9s);
        const bool released = co_await release.wait(long_after);
        late = released;
    });
    rt.on_stop(stop_stage::close, 1, [&](deadline) -> awaitable<void> {
        CHECK_FALSE(late);
        release.notify();
        co_return;
    });
    rt.request_stop();
    CHECK(rt.run() == 0);
    CHECK(late);
    CHECK(has(out.text(), "\"event\":\"stop_stage_late\",\"stage\":\"drain\",\"open\":1"));
}

TEST_CASE("frames that never end are abandoned after the hard limit, and run says so") {
    const int code = exit_code_of([] {
        logger log("test", log_level::off);
        std::optional<runtime> rt(std::in_place, 2u, log, 20ms, 50ms);
        rt->spawn(1, "immortal", [ex = rt->at(1).get_executor()] { return forever(ex); });
        rt->request_stop();
        const int result = rt->run();
        rt.reset();  // must not touch the frames left alive
        return result == 1 ? 11 : 12;
    });
    CHECK(code == 11);
}

TEST_CASE("a loop blocked in a call ends the process after the hard limit") {
    const int code = exit_code_of([] {
        logger log("test", log_level::off);
        runtime rt(2, log, 20ms, 50ms);
        asio::post(rt.at(1).get_executor(), [] {
            for (;;) ::pause();
        });
        rt.request_stop();
        rt.run();
        return 12;
    });
    CHECK(code == 1);
}

TEST_CASE("a blocked loop shows as lag") {
    captured_log out;
    runtime rt(2, *out.log, 1s);
    double lag = 0;
    rt.spawn(0, "watch", [&]() -> awaitable<void> {
        const auto ex = rt.at(0).get_executor();
        asio::post(rt.at(1).get_executor(), [] { ::usleep(400'000); });
        for (int i = 0; i < 500 && rt.at(1).lag_seconds() < 0.02; ++i) {
            co_await wait_for(ex, 10ms);
        }
        lag = rt.at(1).lag_seconds();
        rt.request_stop();
    });
    CHECK(rt.run() == 0);
    CHECK(lag > 0.02);
}

TEST_CASE("spawn_logged logs what flies out of a coroutine") {
    captured_log out;
    runtime rt(1, *out.log, 1s);
    const auto broken = [&]() -> awaitable<void> {
        rt.request_stop();
        throw std::logic_error("oops");
        co_return;
    };
    spawn_logged(rt.at(0).get_executor(), *out.log, "broken", broken());
    CHECK(rt.run() == 0);
    CHECK(has(out.text(), "\"event\":\"task_failed\",\"task\":\"broken\",\"reason\":\"oops\""));
}
