#include "gateway/audit/audit_trail.hpp"

#include "core/json_reader.hpp"
#include "core/utf8.hpp"
#include "jwt/bearer.hpp"

#include <iterator>
#include <new>
#include <stdexcept>
#include <utility>

namespace mita::gateway {

namespace {

constexpr std::size_t batch_bytes = 48 << 10;  // and an event more: under what auth's listener takes
constexpr std::size_t most_user_agent = 300;

metrics::counter& counted(metrics::registry& r, const char* result) {
    return r.make_counter("mita_gateway_audit_events_total",
                          "Events of the audit trail: sent to auth, refused by it, dropped", {{"result", result}});
}

void member(std::string& out, const char* name, std::string_view value) {
    out += ",\"";
    out += name;
    out += "\":";
    append_json_string(out, value);
}

}  // namespace

audit_trail::audit_trail(metrics::registry& r, logger& log, std::size_t most)
    : log_(log),
      most_(most),
      sent_(counted(r, "sent")),
      refused_(counted(r, "refused")),
      dropped_(counted(r, "dropped")) {
    r.callback("mita_gateway_audit_waiting", "Events not sent yet", "gauge", {},
               [this] { return static_cast<double>(waiting()); });
}

void audit_trail::note(const http::request& req, const gateway_route& of, unsigned status) {
    try {
        event e;
        e.id = new_uuid();
        e.at = wall::now();
        e.action = of.name;
        e.result = status < 400 ? "ok" : status < 500 ? "refused" : "failed";
        if (req.who) e.actor = req.who->user_id;
        e.ip = req.client_address;
        e.user_agent = utf8::repaired(req.headers.value("User-Agent"), most_user_agent);
        e.request_id = req.id;
        const std::scoped_lock lock(mutex_);
        if (queue_.size() < most_) {
            queue_.push_back(std::move(e));
            return;
        }
        if (!std::exchange(full_, true))
            log_.error("audit_queue_full").with("events", static_cast<std::int64_t>(most_));
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
        // What was asked is done: it does not fail for its note.
    }
    dropped_.add();
}

awaitable<void> audit_trail::flush(http::sender& auth, const secret& internal_token, deadline d) {
    for (;;) {
        std::size_t events = 0;
        http::client_request r(http::verb::post, "/internal/v1/audit-events");
        r.body = next_batch(events);
        if (events == 0) co_return;
        r.headers = "Content-Type: application/json\r\n" + jwt::authorization_line(internal_token);
        r.idempotent = true;
        const auto answer = co_await auth.send(std::move(r), d);
        const bool bad = answer.status == 400 || answer.status == 413 || answer.status == 422;
        if (!bad && answer.status != 204)
            throw std::runtime_error("auth answers audit events with " + std::to_string(answer.status));
        // What auth finds malformed it finds so again: those behind it are not to wait for ever.
        if (bad) log_.error("audit_refused").with("events", events).with("reason", answer.body);
        taken(events, bad ? refused_ : sent_);
    }
}

std::string audit_trail::next_batch(std::size_t& events) const {
    std::string out = "{\"events\":[";
    const std::scoped_lock lock(mutex_);
    for (const event& e : queue_) {
        if (out.size() > batch_bytes) break;
        if (events++ > 0) out += ',';
        append(out, e);
    }
    return out += "]}";
}

void audit_trail::append(std::string& out, const event& e) {
    out += "{\"id\":\"" + e.id.str() + "\",\"at\":\"" + wall::format(e.at) + '"';
    member(out, "service", "gateway");
    member(out, "action", e.action);
    member(out, "result", e.result);
    if (e.actor) member(out, "actor", e.actor->str());
    member(out, "ip", e.ip);
    member(out, "user_agent", e.user_agent);
    member(out, "request_id", e.request_id);
    out += '}';
}

void audit_trail::taken(std::size_t events, metrics::counter& as) {
    as.add(events);
    const std::scoped_lock lock(mutex_);
    queue_.erase(queue_.begin(), std::next(queue_.begin(), static_cast<std::ptrdiff_t>(events)));
    full_ = false;
}

std::size_t audit_trail::waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

bool audit_trail::full() const {
    const std::scoped_lock lock(mutex_);
    return full_;
}

}  // namespace mita::gateway
