#include "http/target.hpp"

#include "http/grammar.hpp"

namespace mita::http {

namespace {

using namespace grammar;

// Decodes escapes of unreserved characters and writes the others in upper case (RFC 3986 6.2.2).
const char* normalise(std::string_view path, std::string& out) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out.clear();
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '%') {
            out.push_back(path[i]);
            continue;
        }
        if (i + 2 >= path.size() || !is(path[i + 1], hex) || !is(path[i + 2], hex))
            return "bad percent escape in the path";
        const int value = hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]);
        if (value < 0x20 || value == 0x7f) return "control character in the path";
        if (value == '/' || value == '\\') return "encoded slash or backslash in the path";
        if (value < 0x80 && is(static_cast<char>(value), unreserved)) {
            out.push_back(static_cast<char>(value));
        } else {
            out.push_back('%');
            out.push_back(digits[static_cast<std::size_t>(value) / 16]);
            out.push_back(digits[static_cast<std::size_t>(value) % 16]);
        }
        i += 2;
    }
    return nullptr;
}

// `path` has only good escapes. Characters, empty segments, dot segments.
const char* check(std::string_view path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (c == '/') {
            const std::string_view rest = path.substr(i + 1);
            if (rest.empty()) break;
            if (rest.front() == '/') return "empty segment in the path";
            if (rest.front() == '.') {
                const std::string_view segment = rest.substr(0, rest.find('/'));
                if (segment == "." || segment == "..") return "dot segment in the path";
            }
        } else if (!is(c, pchar) && c != '%') {
            return "character not allowed in the path";
        }
    }
    return nullptr;
}

}  // namespace

const char* parse_target(verb method, std::string_view raw, target_parts& out, std::string& buffer) {
    out = target_parts();
    if (raw == "*") {
        if (method != verb::options) return "asterisk form is for OPTIONS only";
        out.target = out.path = raw;
        return nullptr;
    }
    bool absolute = false;
    if (raw.empty() || raw.front() != '/') {
        std::size_t scheme = 0;
        if (raw.size() > 7 && iequals(raw.substr(0, 7), "http://")) scheme = 7;
        if (raw.size() > 8 && iequals(raw.substr(0, 8), "https://")) scheme = 8;
        if (scheme == 0) return "target is neither origin form nor absolute form";
        raw.remove_prefix(scheme);
        const std::size_t end = raw.find_first_of("/?");
        out.authority = raw.substr(0, end);
        if (!valid_host(out.authority)) return "bad authority in the target";
        raw.remove_prefix(out.authority.size());
        absolute = true;
    }
    const std::size_t mark = raw.find('?');
    std::string_view path = raw.substr(0, mark);
    if (mark != std::string_view::npos) {
        out.query = raw.substr(mark + 1);
        if (!all(out.query, grammar::query)) return "character not allowed in the query";
    }
    out.target = raw;
    if (path.empty()) {  // only after an authority (RFC 9112 3.2.1, 3.2.4)
        if (absolute && method == verb::options && mark == std::string_view::npos) {
            out.target = out.path = "*";
            return nullptr;
        }
        buffer.assign("/").append(raw);
        out.target = buffer;
        out.path = out.target.substr(0, 1);
        return nullptr;
    }
    if (path.find('%') != std::string_view::npos) {
        if (const char* fault = normalise(path, buffer)) return fault;
        if (path != buffer) path = buffer;
    }
    out.path = path;
    return check(path);
}

}  // namespace mita::http
