#include "core/service_manager.hpp"

#include "core/runtime.hpp"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace mita;

namespace {

// The service manager's end: a datagram socket, in a directory of its own or (with '@') in the kernel's name space.
struct manager_socket {
    explicit manager_socket(bool abstract = false) {
        std::string name = "/tmp/mita_notify_XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory = name;
        path = (abstract ? "@" : "") + directory + "/socket";
        fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, path.data(), path.size());
        if (abstract) at.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
        REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0);
        const timeval patience{10, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~manager_socket() {
        ::close(fd);
        ::unlink((directory + "/socket").c_str());
        ::rmdir(directory.c_str());
    }
    std::string next() const {
        char text[256];
        const auto n = ::recv(fd, text, sizeof text, 0);
        return n < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(n));
    }
    bool empty() const {
        char c;
        return ::recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
    }
    std::string directory, path;
    int fd;
};

// A service of Type=notify in a process of its own: `go` runs beside it.
pid_t service(const manager_socket& to, const std::string& watchdog_us, std::function<void(runtime&)> go) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child > 0) return child;
    ::setenv("NOTIFY_SOCKET", to.path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", watchdog_us.c_str(), 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    logger log("test", log_level::off);
    runtime rt(2, log, 1s);
    go(rt);
    ::_exit(rt.run());
}

int end_of(pid_t child) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("a service manager hears READY when the loop turns, the status when it is ready, and STOPPING") {
    for (const bool abstract : {false, true}) {
        const manager_socket at(abstract);
        const pid_t child = service(at, "0", [](runtime& rt) {
            auto asked = std::make_shared<int>(0);
            rt.announce_ready([asked] { return ++*asked > 3; });
        });
        CHECK(at.next() == "READY=1\nSTATUS=listening, not ready yet");
        CHECK(at.next() == "STATUS=ready");
        ::kill(child, SIGTERM);
        CHECK(at.next() == "STOPPING=1\nSTATUS=stopping");
        CHECK(end_of(child) == 0);
        CHECK(at.empty());
    }
}

TEST_CASE("a service that is never ready is up all the same") {
    const manager_socket at;
    const pid_t child = service(at, "", [](runtime& rt) { rt.announce_ready([] { return false; }); });
    CHECK(at.next() == "READY=1\nSTATUS=listening, not ready yet");
    ::kill(child, SIGINT);
    CHECK(at.next() == "STOPPING=1\nSTATUS=stopping");
    CHECK(end_of(child) == 0);
}

TEST_CASE("the watchdog hears of us while every loop turns") {
    const manager_socket at;
    const pid_t child = service(at, "1000000", [](runtime& rt) { rt.announce_ready([] { return true; }); });
    CHECK(at.next() == "READY=1\nSTATUS=listening, not ready yet");
    CHECK(at.next() == "STATUS=ready");
    for (int i = 0; i < 3; ++i) CHECK(at.next() == "WATCHDOG=1");
    ::kill(child, SIGKILL);
    CHECK(end_of(child) == 128 + SIGKILL);
}

TEST_CASE("a stuck worker silences the watchdog's beat") {
    const manager_socket at;
    const pid_t child = service(at, "1000000", [](runtime& rt) {
        asio::post(rt.at(1).get_executor(), [] {
            for (;;) ::pause();
        });
    });
    // Half a second after its start the stuck loop counts as such; at most the first beat came before.
    std::vector<std::string> heard;
    const timeval patience{2, 0};
    ::setsockopt(at.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (std::string said = at.next(); said != "nothing" && heard.size() < 5; said = at.next()) heard.push_back(said);
    CHECK(heard.size() <= 1);
    ::kill(child, SIGKILL);
    end_of(child);
}

TEST_CASE("without a service manager, or with one for another process, nothing is told and nothing is watched") {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    const service_manager none;
    none.tell("READY=1");
    CHECK_FALSE(none.watchdog());
    ::setenv("WATCHDOG_USEC", "20000000", 1);
    CHECK(service_manager().watchdog() == 10s);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid() + 1).c_str(), 1);
    CHECK_FALSE(service_manager().watchdog());
    for (const char* wrong : {"", "0", "-5", "soon", "5s"}) {
        ::unsetenv("WATCHDOG_PID");
        ::setenv("WATCHDOG_USEC", wrong, 1);
        CHECK_FALSE(service_manager().watchdog());
    }
    ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    service_manager().tell("READY=1");  // told to nobody
    ::setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
    service_manager().tell("READY=1");
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
}
