#include "http/near.hpp"
#include "http/client.hpp"
#include "support/run.hpp"
#include "test_service.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

using namespace test_http;

namespace {

tcp::endpoint loopback(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

// Sockets of the short way beside this port: the listening one, and one for each connection it accepted.
int sockets(std::uint16_t port) {
    std::ifstream table("/proc/net/unix");
    const std::string name = "@mita/127.0.0.1:" + std::to_string(port);
    int n = 0;
    for (std::string line; std::getline(table, line);) n += line.ends_with(name) ? 1 : 0;
    return n;
}

struct asking {
    explicit asking(std::uint16_t port) : context(1) {
        client_options o;
        o.name = "up";
        o.port = port;
        c = std::make_unique<client>(context.get_executor(), o, registry);
    }
    ~asking() { mita::test::run(context, c->close(mita::test::soon())); }
    client_response get(const std::string& target) {
        return mita::test::run(context, c->send(client_request(verb::get, target), mita::test::soon()));
    }
    metrics::registry registry;
    asio::io_context context;
    std::unique_ptr<client> c;
};

}  // namespace

TEST_CASE("B6: a client of the same machine reaches the server without TCP, and counts as loopback") {
    running r;
    CHECK(sockets(r.port) == 1);
    asking a(r.port);
    const client_response seen = a.get("/describe/x");
    CHECK(seen.status == 200);
    CHECK(seen.body.find("|127.0.0.1|") != std::string_view::npos);
    CHECK(sockets(r.port) == 2);
    CHECK(a.get("/big").body.size() == 8u << 20);
    CHECK(sockets(r.port) == 2);
}

TEST_CASE("The short way ends with the port, and what was accepted on it is answered before") {
    running r;
    const std::uint16_t port = r.port;
    const int fd = near::connect(loopback(port));
    REQUIRE(fd >= 0);
    ::fcntl(fd, F_SETFL, 0);  // blocking, as the other raw sockets
    raw::socket kept(fd);
    kept.send(get("/hit"));
    r.stop();
    CHECK(kept.read().status == 200);
    CHECK(near::connect(loopback(port)) < 0);
    CHECK(sockets(port) == 0);
}

TEST_CASE("Only a port that 127.0.0.1 leads to has a short way, and one name has one owner") {
    const raw::listening free;  // its port is nobody else's meanwhile
    const std::uint16_t port = free.port();
    const auto any = asio::ip::address_v4::any();
    const int first = near::listen(tcp::endpoint(any, port), 8);
    REQUIRE(first >= 0);
    CHECK(near::listen(loopback(port), 8) < 0);
    CHECK(near::listen(tcp::endpoint(asio::ip::make_address("127.0.0.2"), port), 8) < 0);
    CHECK(near::listen(tcp::endpoint(asio::ip::make_address("::1"), port), 8) < 0);
    CHECK(near::connect(tcp::endpoint(asio::ip::make_address("127.0.0.2"), port)) < 0);
    const int second = near::connect(loopback(port));
    CHECK(second >= 0);
    ::close(second);
    ::close(first);
    CHECK(near::connect(loopback(port)) < 0);
}

TEST_CASE("A process that takes over the port has the short way as soon as the former one has left its name") {
    raw::listening former;
    const int name = near::listen(loopback(former.port()), 8);
    REQUIRE(name >= 0);
    former.close();
    running r(quick(), 1, former.port());
    CHECK(r.ask(get("/hit")).status == 200);
    CHECK(sockets(r.port) == 1);  // still the former one's
    ::close(name);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (sockets(r.port) == 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(sockets(r.port) == 1);
    asking a(r.port);
    CHECK(a.get("/hit").status == 200);
    CHECK(sockets(r.port) == 2);
    r.stop();
    CHECK(sockets(r.port) == 0);
}

TEST_CASE("A process that never gets the name stops all the same") {
    raw::listening former;
    const int name = near::listen(loopback(former.port()), 8);
    former.close();
    running r(quick(), 1, former.port());
    CHECK(r.ask(get("/hit")).status == 200);
    CHECK(r.stop() == 0);
    ::close(name);
}

TEST_CASE("T13: a name taken by another user gets no request") {
    if (::geteuid() != 0) return;  // only root can be somebody else
    const raw::listening free;
    constexpr uid_t nobody = 65534;
    int ready[2], end[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(end) == 0);
    const pid_t other = ::fork();
    if (other == 0) {
        const bool taken = ::setuid(nobody) == 0 && near::listen(loopback(free.port()), 8) >= 0;
        const char word = taken ? 'y' : 'n';
        char byte = 0;
        ::close(end[1]);
        const bool told = ::write(ready[1], &word, 1) == 1;
        ::_exit(told && ::read(end[0], &byte, 1) == 0 ? 0 : 1);
    }
    char word = 0;
    REQUIRE(::read(ready[0], &word, 1) == 1);
    CHECK(word == 'y');
    CHECK(sockets(free.port()) == 1);
    CHECK(near::connect(loopback(free.port())) < 0);
    for (const int fd : {ready[0], ready[1], end[0], end[1]}) ::close(fd);
    int status = 1;
    ::waitpid(other, &status, 0);
    CHECK(status == 0);
}
