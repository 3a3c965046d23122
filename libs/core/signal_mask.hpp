// While one lives, threads made by this thread start with all signals blocked but faults: signals belong to the event
// loop that asked for them. Used around the making of every MITA thread.
#pragma once

#include <pthread.h>

#include <csignal>

namespace mita {

class signals_blocked {
public:
    signals_blocked() {
        sigset_t all;
        sigfillset(&all);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, fault);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t before_;
};

}  // namespace mita
