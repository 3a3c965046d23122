// What MITA asks of Linux's scheduler, so that a password hash does not hold a request up that wakes on its core. Only
// ever asks for less or for shorter turns: needs no privilege. A kernel that says no leaves all as it was.
#pragma once

namespace mita {

// The calling thread runs in short turns: Linux 6.12 and later (EEVDF) then runs it at once when it wakes beside one
// with longer turns. Niceness stays. For the threads of event loops, and for those that compute for long and yield
// often: Linux lets a turn run to its end unless it is short.
void ask_for_short_turns() noexcept;

// Linux shares a core out between sessions first (autogroup, sched(7)), where a thread's niceness does not count. If
// this process leads a session of its own (setsid), that session steps back by `nice` behind the others.
void lower_own_session(int nice) noexcept;

}  // namespace mita
