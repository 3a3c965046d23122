#include "http/head_guard.hpp"

#include "http/grammar.hpp"
#include "http/target.hpp"

#include <algorithm>
#include <cstring>

namespace mita::http {

namespace {

using namespace grammar;

constexpr std::size_t max_method = 32;
constexpr std::uint8_t max_empty_lines = 4;

head_error malformed(std::string_view rule, std::string_view detail) {
    return {400, rule, "malformed_request", detail};
}

head_error fault_of(line_fault fault) {
    switch (fault) {
        case line_fault::none:
            return {};
        case line_fault::folded:
            return malformed("R2", "folded header line");
        case line_fault::space_before_colon:
            return malformed("R2", "space before the colon of a header");
        case line_fault::name:
            return malformed("R2", "bad header name");
        case line_fault::value:
            break;
    }
    return malformed("R1", "control character in a header value");
}

head_error check_method(std::string_view method) {
    if (method.empty() || method.size() > max_method || !all(method, tchar)) return malformed("R1", "bad method");
    return {};
}

constexpr head_error target_too_long{414, "R13", "uri_too_long", "the request target is too long"};
constexpr head_error head_too_large{431, "R13", "headers_too_large", "the header section is too large"};

}  // namespace

head_state head_reader::read(std::string_view bytes, const head_limits& limits, request& req, std::string& path_buffer,
                             std::size_t& head_size, bool& keep_alive, bool& expect_continue, head_error& error) {
    if (bytes.data() != base_ || line_ == 0) {
        reset();
        base_ = bytes.data();
        req.headers.clear();
    }
    error = head_error();
    for (;;) {
        const void* found =
            scanned_ < bytes.size() ? std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_) : nullptr;
        if (found == nullptr) {
            scanned_ = bytes.size();
            error = partial(bytes.substr(line_), bytes.size() - start_, limits);
            return error.status == 0 ? head_state::more : head_state::bad;
        }
        const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        scanned_ = end + 1;
        std::string_view line = bytes.substr(line_, end - line_);
        line_ = end + 1;
        if (in_fields_ && line_ - start_ > limits.head) {
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
            error = request_line(line, limits, req, path_buffer);
            if (error.status == 0 && !crlf) error = malformed("R1", "line feed without carriage return");
            in_fields_ = true;
        } else if (!crlf) {
            error = malformed("R1", "line feed without carriage return");
        } else if (!line.empty()) {
            error = field(line, req);
        } else {
            error = finish(req);
            if (error.status != 0) return head_state::bad;
            head_size = line_;
            keep_alive = req.minor_version == 1 ? !has(say_close) : has(say_keep) && !has(say_close);
            expect_continue = has(expect_100);
            return head_state::done;
        }
        if (error.status != 0) return head_state::bad;
    }
}

// An unfinished line: only what its end cannot change is judged.
head_error head_reader::partial(std::string_view line, std::size_t size, const head_limits& limits) const {
    if (in_fields_) return size > limits.head ? head_too_large : head_error();
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

head_error head_reader::request_line(std::string_view line, const head_limits& limits, request& req,
                                     std::string& path_buffer) {
    const std::size_t space = line.find(' ');
    const std::string_view method = line.substr(0, space);
    const head_error bad = check_method(method);
    if (bad.status != 0) return bad;
    if (space == std::string_view::npos) return malformed("R1", "no target in the request line");
    line.remove_prefix(space + 1);
    const std::size_t second = line.find(' ');
    const std::string_view raw = line.substr(0, second);
    if (raw.size() > limits.target) return target_too_long;
    if (second == std::string_view::npos) return malformed("R1", "no HTTP version in the request line");
    const std::string_view version = line.substr(second + 1);
    if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !is(version[5], digit) || version[6] != '.' ||
        !is(version[7], digit))
        return malformed("R1", "bad HTTP version");
    if (version[5] != '1' || version[7] > '1')
        return {505, "R13", "version_not_supported", "only HTTP/1.0 and HTTP/1.1 are spoken"};
    if (method == "CONNECT") return {405, "R3", "method_not_allowed", "CONNECT is not offered"};
    const std::optional<verb> known = parse_verb(method);
    if (!known) return {501, "R13", "not_implemented", "unknown method"};
    target_parts parts;
    if (const char* fault = parse_target(*known, raw, parts, path_buffer)) return malformed("R14", fault);
    req.method = *known;
    req.target = parts.target;
    req.path = parts.path;
    req.query = parts.query;
    req.minor_version = version[7] - '0';
    authority_ = parts.authority;
    return {};
}

head_error head_reader::field(std::string_view line, request& req) {
    header h;
    const line_fault fault = split_field(line, h.name, h.value);
    if (fault != line_fault::none) return fault_of(fault);
    if (!req.headers.add(h)) return head_too_large;
    constexpr std::string_view twice = "a header that must be single came twice";
    switch (h.name.size()) {
        case 4:
            if (!iequals(h.name, "host")) break;
            if (!once(seen_host)) return malformed("R3", "more than one Host");
            if (!valid_host(h.value)) return malformed("R3", "bad Host");
            break;
        case 6:
            if (iequals(h.name, "origin") && !once(seen_origin)) return malformed("R15", twice);
            if (iequals(h.name, "expect")) mark(iequals(h.value, "100-continue") ? expect_100 : expect_other);
            break;
        case 10:
            if (!iequals(h.name, "connection")) break;
            if (lists(h.value, "close")) mark(say_close);
            if (lists(h.value, "keep-alive")) mark(say_keep);
            break;
        case 12:
            if (iequals(h.name, "content-type") && !once(seen_type)) return malformed("R15", twice);
            break;
        case 13:
            if (iequals(h.name, "authorization") && !once(seen_authorization)) return malformed("R15", twice);
            break;
        case 14: {
            if (!iequals(h.name, "content-length")) break;
            if (!once(seen_length)) return malformed("R5", "more than one Content-Length");
            std::uint64_t length = 0;
            if (!parse_content_length(h.value, length)) return malformed("R5", "bad Content-Length");
            req.content_length = length;
            break;
        }
        case 15:
            if (iequals(h.name, "idempotency-key") && !once(seen_key)) return malformed("R15", twice);
            break;
        case 17: {
            if (!iequals(h.name, "transfer-encoding")) break;
            if (!once(seen_transfer)) return malformed("R4", "more than one Transfer-Encoding");
            const transfer t = classify_transfer_encoding(h.value);
            if (t == transfer::unknown_coding) mark(coding_unknown);
            if (t == transfer::bad) mark(coding_bad);
            break;
        }
        default:
            break;
    }
    return {};
}

// What only the whole head can say.
head_error head_reader::finish(request& req) {
    if (req.minor_version == 1 && !has(seen_host)) return malformed("R3", "no Host");
    if (has(seen_transfer)) {
        if (has(seen_length)) return malformed("R4", "Transfer-Encoding together with Content-Length");
        if (req.minor_version == 0) return malformed("R4", "Transfer-Encoding in HTTP/1.0");
        if (has(coding_unknown)) return {501, "R4", "not_implemented", "unknown transfer coding"};
        if (has(coding_bad)) return malformed("R4", "Transfer-Encoding is not exactly chunked");
    }
    if (req.minor_version == 1 && has(expect_other))
        return {417, "R11", "expectation_failed", "only 100-continue can be expected"};
    if (!authority_.empty() && !req.headers.replace("host", authority_)) {  // RFC 9112 3.2.2: the target wins
        header h;
        h.name = "Host";
        h.value = authority_;
        if (!req.headers.add(h)) return head_too_large;
    }
    if (!has(seen_length)) req.content_length.reset();
    req.chunked = has(seen_transfer);
    req.has_body = req.chunked || req.content_length.value_or(0) > 0;
    if (req.minor_version == 0) seen_ = static_cast<std::uint16_t>(seen_ & ~expect_100);  // RFC 9110 10.1.1
    return {};
}

}  // namespace mita::http
