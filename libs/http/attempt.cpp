#include "http/attempt.hpp"

#include "core/error.hpp"
#include "http/client.hpp"
#include "http/unreachable.hpp"

#include <chrono>

namespace mita::http {

attempt failure_of(std::exception_ptr fault, deadline::clock::time_point begun) {
    constexpr auto patience = std::chrono::seconds(1);  // who was given less is not to blame
    attempt out;
    out.fault = fault;
    try {
        std::rethrow_exception(fault);
    } catch (const unreachable&) {
        out.sent = out.over = false;
        out.its_own = true;
    } catch (const upstream_error&) {  // nothing of it went to our client
        out.over = false;
        out.its_own = true;
    } catch (const deadline_exceeded&) {
        out.its_own = deadline::clock::now() - begun >= patience;
    } catch (...) {  // NOLINT(bugprone-empty-catch)
        // Ours: no place in the line, for one.
    }
    return out;
}

}  // namespace mita::http
