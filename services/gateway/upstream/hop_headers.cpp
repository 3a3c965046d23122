#include "gateway/upstream/hop_headers.hpp"

#include "core/deadline.hpp"
#include "http/accept_encoding.hpp"
#include "http/grammar.hpp"
#include "http/trace_context.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace mita::gateway {

namespace {

using http::iequals;

// Framing, hop-by-hop and what only the gateway may say: dropped from every request (R8, R9, R17). Compared with '_' as
// '-', because some frameworks read both alike.
constexpr std::array<std::string_view, 19> never_sent = {"connection",
                                                         "keep-alive",
                                                         "proxy-connection",
                                                         "proxy-authenticate",
                                                         "proxy-authorization",
                                                         "te",
                                                         "trailer",
                                                         "transfer-encoding",
                                                         "upgrade",
                                                         "host",
                                                         "content-length",
                                                         "expect",
                                                         "forwarded",
                                                         "x-real-ip",
                                                         "x-request-id",
                                                         "traceparent",
                                                         "tracestate",
                                                         "x-request-deadline-ms",
                                                         "x-answer-name"};
constexpr std::array<std::string_view, 5> never_sent_prefix = {"x-forwarded-", "x-user-", "x-auth-", "x-original-",
                                                               "x-client-"};

// The server writes these itself on every answer, or nobody outside is to know them.
constexpr std::array<std::string_view, 24> never_returned = {"connection",
                                                             "keep-alive",
                                                             "proxy-connection",
                                                             "proxy-authenticate",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade",
                                                             "content-length",
                                                             "date",
                                                             "server",
                                                             "x-request-id",
                                                             "x-answer-name",
                                                             "traceparent",
                                                             "x-content-type-options",
                                                             "content-security-policy",
                                                             "referrer-policy",
                                                             "strict-transport-security",
                                                             "x-frame-options",
                                                             "permissions-policy",
                                                             "cross-origin-resource-policy",
                                                             "x-powered-by",
                                                             "timing-allow-origin",
                                                             "alt-svc"};
// The pass decides about CORS and limits (R18, R20), whatever a service says.
constexpr std::array<std::string_view, 3> never_returned_prefix = {"access-control-", "ratelimit", "x-ratelimit-"};

// A Connection header may not name these away (R8).
constexpr std::array<std::string_view, 10> protected_names = {
    "authorization",   "host",     "content-type",  "content-length", "content-encoding", "content-language",
    "idempotency-key", "if-match", "if-none-match", "cookie"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view header, std::string_view name) {
    return header.size() == name.size() && std::equal(header.begin(), header.end(), name.begin(),
                                                      [](char a, char b) { return (a == '_' ? '-' : lower(a)) == b; });
}

// A list by the length of its names: which most names are told apart by.
template <std::size_t N>
struct by_length {
    static constexpr std::size_t most = 40;
    std::array<std::string_view, N> names;
    std::array<std::uint8_t, most + 2> first{};  // of each length; the next one's first ends it

    consteval explicit by_length(std::array<std::string_view, N> list) : names(list) {
        std::ranges::sort(names, {}, &std::string_view::size);
        for (std::size_t length = 0, at = 0; length < first.size(); ++length) {
            while (at < N && names[at].size() < length) ++at;
            first[length] = static_cast<std::uint8_t>(at);
        }
    }
};

template <const auto& List>
bool among(std::string_view name) {
    static constexpr by_length table(List);
    if (name.size() > table.most) return false;
    for (std::size_t i = table.first[name.size()]; i < table.first[name.size() + 1]; ++i)
        if (same_name(name, table.names[i])) return true;
    return false;
}

// Does a Connection header, of which there may be several, name this one?
bool named_by_connection(std::string_view name, const http::header_list& headers) {
    return std::any_of(headers.begin(), headers.end(), [name](const http::header& h) {
        return iequals(h.name, "Connection") && http::grammar::lists(h.value, name);
    });
}

template <std::size_t N>
bool begins_with_one_of(std::string_view name, const std::array<std::string_view, N>& prefixes) {
    return std::ranges::any_of(
        prefixes, [name](std::string_view prefix) { return same_name(name.substr(0, prefix.size()), prefix); });
}

bool may_be_sent(std::string_view name, const http::header_list& headers, bool has_connection) {
    if (among<never_sent>(name) || begins_with_one_of(name, never_sent_prefix)) return false;
    return !has_connection || among<protected_names>(name) || !named_by_connection(name, headers);
}

void line(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

void line(std::string& out, std::string_view name, std::int64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    line(out, name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

bool names_tags(std::string_view name) {
    return (name.size() == 13 && iequals(name, "If-None-Match")) || (name.size() == 8 && iequals(name, "If-Match"));
}

// The list of tags as the service knows them. A packed one counts as its own in If-Match; in If-None-Match only for who
// takes the packed answer still.
void line_of_tags(std::string& out, const http::header& h, const http::header_list& all) {
    const std::size_t from = out.size() + h.name.size() + 2;
    line(out, h.name, h.value);
    if (h.value.find(http::packed_mark) == std::string_view::npos) return;
    if (h.name.size() == 13 && !http::prefers_gzip(all)) return;
    const std::string ending = std::string(http::packed_mark) + '"';
    for (auto at = out.find(ending, from); at != std::string::npos; at = out.find(ending, at))
        out.erase(at, http::packed_mark.size());
}

}  // namespace

void write_upstream_head(std::string& out, const http::request& req, std::size_t body_size) {
    out.clear();
    // A HEAD goes on as GET: the server drops the body and keeps its true length.
    out += req.method == http::verb::head ? std::string_view("GET") : http::name(req.method);
    out += ' ';
    out += req.path;
    if (!req.query.empty()) {
        out += '?';
        out += req.query;
    }
    out += " HTTP/1.1\r\nHost: upstream\r\n";
    const bool has_connection = req.headers.find("Connection") != nullptr;
    for (const auto& h : req.headers)
        if (may_be_sent(h.name, req.headers, has_connection)) {
            if (names_tags(h.name))
                line_of_tags(out, h, req.headers);
            else
                line(out, h.name, h.value);
        }
    line(out, "X-Request-Id", req.id);
    if (!req.trace_id.empty()) {
        out += "traceparent: 00-";
        out += req.trace_id;
        out += '-';
        out += req.span_id;
        out += '-';
        out += req.trace_flags;
        out += "\r\n";
    }
    if (!req.parent_span.empty()) {  // a state without a valid parent belongs to no trace
        const std::size_t before = out.size();
        out += "tracestate: ";
        if (http::append_tracestate(out, req.headers))
            out += "\r\n";
        else
            out.resize(before);
    }
    line(out, "X-Forwarded-For", req.client_address);
    line(out, deadline_header, std::max<std::int64_t>(1, req.until.remaining().count()));
    if (body_size > 0 || req.method == http::verb::post || req.method == http::verb::put ||
        req.method == http::verb::patch)
        line(out, "Content-Length", static_cast<std::int64_t>(body_size));
    out += "\r\n";
}

void copy_answer_headers(http::response& res, const http::header_list& from) {
    static constexpr std::string_view json = "application/json";
    const bool has_connection = from.find("Connection") != nullptr;
    const bool encoded = from.find("Content-Encoding") != nullptr;
    for (const auto& h : from) {
        if (!encoded && h.value == json && iequals(h.name, "Content-Type")) {
            res.content_type = json;
            continue;
        }
        if (among<never_returned>(h.name) || begins_with_one_of(h.name, never_returned_prefix)) continue;
        if (has_connection && named_by_connection(h.name, from)) continue;
        line(res.head_block, h.name, h.value);
    }
}

}  // namespace mita::gateway
