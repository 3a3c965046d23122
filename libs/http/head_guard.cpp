#include "http/head_guard.hpp"

#include "core/deadline.hpp"
#include "http/grammar.hpp"

#include <algorithm>
#include <cstring>

namespace mita::http {

namespace {

using namespace grammar;

constexpr std::size_t max_method = 32;
constexpr std::uint8_t max_empty_lines = 4;
constexpr std::size_t longest_known = 21;  // X-Request-Deadline-Ms

head_error malformed(std::string_view rule, std::string_view detail) {
    return {400, rule, "malformed_request", detail};
}

head_error check_method(std::string_view method) {
    if (method.empty() || method.size() > max_method || !all(method, tchar)) return malformed("R1", "bad method");
    return {};
}

constexpr head_error target_too_long{414, "R13", "uri_too_long", "the request target is too long"};
constexpr head_error head_too_large{431, "R13", "headers_too_large", "the header section is too large"};

}  // namespace

head_state head_guard::check(std::string_view bytes, const head_limits& limits, head_error& error) {
    error = head_error();
    for (;;) {
        const void* found =
            scanned_ < bytes.size() ? std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_) : nullptr;
        good_ = line_;
        if (found == nullptr) {
            scanned_ = bytes.size();
            error = partial(bytes.substr(line_), bytes.size() - start_, limits);
            return error.status == 0 ? head_state::more : head_state::bad;
        }
        const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        std::string_view line = bytes.substr(line_, end - line_);
        scanned_ = line_ = end + 1;
        if (in_fields_ && line_ - start_ > limits.head + limits.more_head) {
            error = head_too_large;
            return head_state::bad;
        }
        const bool crlf = !line.empty() && line.back() == '\r';
        if (crlf) line.remove_suffix(1);
        if (!in_fields_) {
            if (line.empty() && crlf && empty_lines_ < max_empty_lines) {  // RFC 9112 2.2
                ++empty_lines_;
                start_ = line_;
                continue;
            }
            error = request_line(line, limits);
            if (error.status == 0 && !crlf) error = malformed("R1", "line feed without carriage return");
            in_fields_ = true;
        } else if (!crlf) {
            error = malformed("R1", "line feed without carriage return");
        } else if (!line.empty()) {
            error = field(line, limits);
        } else {
            error = finish(limits);
            return error.status == 0 ? head_state::done : head_state::bad;
        }
        if (error.status != 0) return head_state::bad;
    }
}

// An unfinished line: only what its end cannot change is judged.
head_error head_guard::partial(std::string_view line, std::size_t size, const head_limits& limits) const {
    if (in_fields_) return size > limits.head + limits.more_head ? head_too_large : head_error();
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return line.empty() ? head_error() : check_method(line);
    const head_error bad = check_method(line.substr(0, space));
    if (bad.status != 0) return bad;
    line.remove_prefix(space + 1);
    const std::size_t second = line.find(' ');
    if (std::min(second, line.size()) > limits.target) return target_too_long;
    if (second != std::string_view::npos && line.size() - second > 9) return malformed("R1", "bad HTTP version");
    return {};
}

head_error head_guard::request_line(std::string_view line, const head_limits& limits) {
    const std::size_t space = line.find(' ');
    const std::string_view method = line.substr(0, space);
    const head_error bad = check_method(method);
    if (bad.status != 0) return bad;
    if (space == std::string_view::npos) return malformed("R1", "no target in the request line");
    line.remove_prefix(space + 1);
    const std::size_t second = line.find(' ');
    if (std::min(second, line.size()) > limits.target) return target_too_long;
    if (second == std::string_view::npos) return malformed("R1", "no HTTP version in the request line");
    const std::string_view version = line.substr(second + 1);
    if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !is(version[5], digit) || version[6] != '.' ||
        !is(version[7], digit))
        return malformed("R1", "bad HTTP version");
    if (version[5] != '1' || version[7] > '1')
        return {505, "R13", "version_not_supported", "only HTTP/1.0 and HTTP/1.1 are spoken"};
    if (method == "CONNECT") return {405, "R3", "method_not_allowed", "CONNECT is not offered"};
    if (!parse_verb(method)) return {501, "R13", "not_implemented", "unknown method"};
    minor_version_ = static_cast<char>(version[7] - '0');
    return {};
}

// Characters are Beast's to judge. A name that Beast would refuse is none of those known here.
head_error head_guard::field(std::string_view line, const head_limits& limits) {
    if (line.front() == ' ' || line.front() == '\t') return malformed("R2", "folded header line");
    if (++fields_ > limits.headers + limits.more_headers) return head_too_large;
    const std::size_t colon = line.substr(0, longest_known + 1).find(':');
    if (colon == std::string_view::npos) return {};
    return known_field(line.substr(0, colon), line.substr(colon + 1));
}

head_error head_guard::known_field(std::string_view name, std::string_view value) {
    constexpr std::string_view twice = "a header that must be single came twice";
    switch (name.size()) {
        case 4:
            if (!iequals(name, "host")) break;
            if (!once(seen_host)) return malformed("R3", "more than one Host");
            if (!valid_host(trim(value))) return malformed("R3", "bad Host");
            break;
        case 6:
            if (iequals(name, "origin") && !once(seen_origin)) return malformed("R15", twice);
            if (iequals(name, "expect")) mark(iequals(trim(value), "100-continue") ? expect_100 : expect_other);
            break;
        case 10:
            if (iequals(name, "connection") && lists(value, "close")) mark(say_close);
            break;
        case 12:
            if (iequals(name, "content-type") && !once(seen_type)) return malformed("R15", twice);
            break;
        case 13:
            if (iequals(name, "authorization") && !once(seen_authorization)) return malformed("R15", twice);
            break;
        case 14: {
            if (!iequals(name, "content-length")) break;
            if (!once(seen_length)) return malformed("R5", "more than one Content-Length");
            std::uint64_t length = 0;
            if (!parse_content_length(trim(value), length)) return malformed("R5", "bad Content-Length");
            if (length > 0) mark(seen_content);
            break;
        }
        case 15:
            if (iequals(name, "idempotency-key") && !once(seen_key)) return malformed("R15", twice);
            break;
        case 17: {
            if (!iequals(name, "transfer-encoding")) break;
            if (!once(seen_transfer)) return malformed("R4", "more than one Transfer-Encoding");
            const transfer t = classify_transfer_encoding(trim(value));
            if (t == transfer::unknown_coding) mark(coding_unknown);
            if (t == transfer::bad) mark(coding_bad);
            break;
        }
        case longest_known:
            if (iequals(name, deadline_header)) mark(seen_time_left);
            break;
        default:
            break;
    }
    return {};
}

// What only the whole head can say.
head_error head_guard::finish(const head_limits& limits) const {
    if ((line_ - start_ > limits.head || fields_ > limits.headers) && !has(seen_time_left)) return head_too_large;
    if (minor_version_ == 1 && !has(seen_host)) return malformed("R3", "no Host");
    if (has(seen_transfer)) {
        if (has(seen_length)) return malformed("R4", "Transfer-Encoding together with Content-Length");
        if (minor_version_ == 0) return malformed("R4", "Transfer-Encoding in HTTP/1.0");
        if (has(coding_unknown)) return {501, "R4", "not_implemented", "unknown transfer coding"};
        if (has(coding_bad)) return malformed("R4", "Transfer-Encoding is not exactly chunked");
    }
    if (minor_version_ == 1 && has(expect_other))
        return {417, "R11", "expectation_failed", "only 100-continue can be expected"};
    return {};
}

}  // namespace mita::http
