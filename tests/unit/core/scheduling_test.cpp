#include "core/scheduling.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>

using namespace mita;

namespace {

std::string autogroup() {  // "/autogroup-12 nice 0"; empty where the kernel has none
    std::ifstream file("/proc/self/autogroup");
    std::string line;
    std::getline(file, line);
    return line;
}

// What `f` returns in a process of its own, as an exit status.
int in_child(const std::function<int()>& f) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(f());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

TEST_CASE("B3: a process that leads its session steps back behind other sessions; one that does not leaves it alone") {
    const auto before = autogroup();
    if (before.empty()) {
        WARN("this kernel does not group by session");
        return;
    }
    const int leader = in_child([] {
        ::setsid();
        lower_own_session(7);
        return autogroup().ends_with(" nice 7") ? 0 : 1;
    });
    CHECK(leader == 0);
    const int member = in_child([&before] {
        lower_own_session(7);
        return autogroup() == before ? 0 : 1;
    });
    CHECK(member == 0);
    CHECK(autogroup() == before);
}

TEST_CASE("B3: asking for short turns leaves a thread's niceness as it was") {
    const int kept = in_child([] {
        ::setpriority(PRIO_PROCESS, 0, 3);
        ask_for_short_turns();
        return ::getpriority(PRIO_PROCESS, 0) == 3 ? 0 : 1;
    });
    CHECK(kept == 0);
}
