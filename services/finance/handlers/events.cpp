// GET /v1/events: what GET /v1/changes gives, as a stream that goes on (text/event-stream). The id of each event is the
// cursor behind it: who comes back with the last one, as Last-Event-ID or ?cursor=, misses nothing.
#include "finance/handlers/events.hpp"

#include "finance/handlers/event_stream.hpp"
#include "http/query_reader.hpp"
#include "jwt/bearer.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

// A browser comes back to the address it began with: what it read last is newer.
feed_cursor place_of(const http::request& req, const event_app& a, const std::optional<std::string>& given) {
    const std::string last(req.headers.value("Last-Event-ID"));
    if (last.empty() && !given) return {};
    return feed_cursor_from(a.base.all.cursors.open(last.empty() ? *given : last, feed_scope(req.who->user_id)));
}

}  // namespace

awaitable<http::response> events(http::request& req, event_app& a) {
    http::query_reader query(req.query);
    const auto given = query.take("cursor");
    query.finish();
    auto stream =
        std::make_unique<event_stream>(a, req, std::string(jwt::bearer(req).value()), place_of(req, a, given));
    co_await stream->begin(req.until);
    http::response out;
    out.content_type = "text/event-stream";
    http::with_header(out, "X-Accel-Buffering", "no");
    out.stream = std::move(stream);
    co_return out;
}

}  // namespace mita::finance
