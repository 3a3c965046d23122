// Requests and responses as handlers see them: plain structs, no Beast. A request's views point into the session's
// buffer and stay valid until its response is written. Both live in the session and are reused, so that a hot path
// keeps its capacity.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/principal.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::http {

enum class verb : std::uint8_t { get, head, post, put, patch, del, options };
std::string_view name(verb v);                       // "GET", ..., "DELETE"
std::optional<verb> parse_verb(std::string_view s);  // case-sensitive (RFC 9110 9.1)

struct header {
    std::string_view name, value;
};

// Headers in order, looked up without regard to case. No allocation. Room for R13's 100 and what a gateway adds.
class header_list {
public:
    static constexpr std::size_t max = 108;
    bool add(header h) {
        if (size_ == max) return false;
        items_[size_++] = h;
        return true;
    }
    void clear() { size_ = 0; }
    // Gives the first header called `name` another value; false when there is none.
    bool replace(std::string_view name, std::string_view value);
    // The first with that name; nullptr when absent. The head guard refuses duplicates of those that must be single
    // (R15).
    const header* find(std::string_view name) const;
    std::string_view value(std::string_view name) const;  // empty when absent
    const header* begin() const { return items_.data(); }
    const header* end() const { return items_.data() + size_; }
    std::size_t size() const { return size_; }

private:
    std::array<header, max> items_;
    std::size_t size_ = 0;
};

// Equal without regard to ASCII case.
bool iequals(std::string_view a, std::string_view b);

// A body that comes or goes in pieces (imports, exports, SSE). The view is valid until the next call; empty means the
// end.
class body_source {
public:
    virtual ~body_source() = default;
    virtual awaitable<std::string_view> next(deadline d) = 0;
};

class gone_watch;

// The connection a request came on, as far as a handler may see it. On the request's worker only.
class peer {
public:
    virtual ~peer() = default;
    // Did the client close or reset the connection, or its half of it? One system call that does not wait (L7: ask
    // before work that nobody waits for).
    virtual bool gone() const = 0;
    // Whom to tell when it becomes gone(), looked at every 100 ms; null: nobody. gone_watch is the way to call it.
    virtual void watch(gone_watch* who) = 0;
};

struct request {
    request() = default;
    verb method = verb::get;
    std::string_view target;  // as received (origin form)
    std::string_view path;    // the normalised path (R14), matched and forwarded alike
    std::string_view query;   // without '?', raw
    int minor_version = 1;
    header_list headers;
    std::string_view body;                        // whole, unless streamed
    body_source* stream = nullptr;                // set when admit() asked for streaming, body or not
    std::optional<std::uint64_t> content_length;  // as declared; nullopt when chunked or none
    bool chunked = false;
    bool has_body = false;

    std::array<std::string_view, 4> params;  // {name} parts of the route's path, in order
    std::string_view route = "unmatched";    // the template (a literal), for metrics and logs
    int route_index = -1;                    // the dispatcher's own
    std::string_view id;                     // X-Request-Id, accepted (trusted peer) or made
    std::string_view trace_id,
        parent_span;  // W3C trace context, 32 and 16 hex digits; parent_span empty when the trace began here
    std::string_view span_id, trace_flags;  // ours, 16 hex digits; "00" to "03"
    std::string_view client_address;  // of the trusted hop, not of X-Forwarded-For unless a trusted proxy said so (L5)
    deadline until = deadline::at(deadline::clock::time_point());
    std::shared_ptr<const principal> who;  // set by the authentication step
    // db time and upstream time for the log line, in microseconds
    std::int64_t db_us = 0, upstream_us = 0;
    peer* from = nullptr;  // null in tests without a connection

    void clear();  // for reuse
};

// While it lives, calls `then` once, on the request's worker, within 200 ms of the client's leaving: for a handler that
// waits long for something nobody else wants (L7). A client that only ended its half looks the same: what has begun
// should still be answered. One at a time per request.
class gone_watch {
public:
    gone_watch(const request& req, std::function<void()> then);
    ~gone_watch();
    gone_watch(const gone_watch&) = delete;
    gone_watch& operator=(const gone_watch&) = delete;
    void client_gone();  // the peer's call

private:
    peer* from_;
    std::function<void()> then_;
};

// %XX decoded; nullopt on a bad escape, broken UTF-8 or NUL. plus: '+' means a space (query and form fields).
std::optional<std::string> percent_decode(std::string_view s, bool plus = false);

// Decoded query parameters, in order. Throws api_error 400 malformed_query on bad %-escapes, broken UTF-8 or a
// duplicate name.
class query_params {
public:
    explicit query_params(std::string_view raw);
    std::optional<std::string> take(std::string_view name);  // marks it known; nullopt when absent
    // Throws api_error 400 unknown_parameter when a parameter was never taken.
    void finish() const;

private:
    struct item {
        std::string name, value;
        bool taken = false;
    };
    std::vector<item> items_;
};

struct response {
    unsigned status = 200;
    std::string_view content_type = "application/json";  // a literal
    std::vector<std::pair<std::string, std::string>> headers;
    std::string head_block;  // further header lines, each ending in CRLF, ready made (hot path)
    std::string body;
    std::unique_ptr<body_source> stream;  // instead of body: sent chunked
    bool close = false;                   // end the connection after this answer
    std::string code;                     // of the problem, for the log's `reason`
    std::string log_detail;               // what a log may say about a fault of ours, never sent

    void clear();  // for reuse; keeps capacity
};

// Answers. `json_text` is JSON already.
response json(unsigned status, std::string json_text);
response empty(unsigned status = 204);
response& with_header(response& r, std::string name, std::string value);
// Is `tag` (opaque, without quotes) in any header line called `name`: a list of entity tags or "*" (RFC 9110 8.8.3)?
// weak: W/ is ignored (If-None-Match); else weak tags never match (If-Match).
bool etag_listed(const header_list& headers, std::string_view name, std::string_view tag, bool weak);
// Media type equal to `type` without regard to case; another charset than utf-8 is refused, other parameters mean
// nothing.
bool is_media_type(std::string_view content_type, std::string_view type);
// Throws 400 when there is any query parameter: for paths that take none.
void refuse_query(const request& req);
// 200 with a strong ETag, or 304 when If-None-Match names it (RFC 9110 13.1.2). `tag` without quotes. Reads carry
// `caching` as their Cache-Control: by default the user's own browser keeps them but asks each time, else
// If-None-Match would never be sent.
response json_with_etag(const request& req, std::string json_text, std::string_view tag, unsigned status = 200,
                        std::string_view caching = "private, no-cache");
// If-Match for versioned resources (RFC 9110 13.1.1, RFC 6585): throws 428 precondition_required when absent, 412
// precondition_failed with the current ETag when it does not match; "*" matches.
void require_if_match(const request& req, std::string_view current_tag);

}  // namespace mita::http
