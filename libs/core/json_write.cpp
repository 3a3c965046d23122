#include "core/json_reader.hpp"
#include "core/utf8.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace mita {
namespace {

constexpr char hex[] = "0123456789abcdef";

bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// From `at`, where the first byte is that does not stand for itself in a JSON string (or is not ASCII). Eight at a
// time: below 0x20, above 0x7f, or equal to one of three, by the carries of a subtraction; a false alarm costs a slow
// look.
std::size_t skip_plain(std::string_view text, std::size_t at) {
    constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
    const auto zero_in = [](std::uint64_t w) { return (w - ones) & ~w; };
    const auto odd = [&](std::size_t from) {
        std::uint64_t w = 0;
        std::memcpy(&w, text.data() + from, 8);
        const std::uint64_t x =
            w | (w - ones * 0x20) | zero_in(w ^ ones * '"') | zero_in(w ^ ones * '\\') | zero_in(w ^ ones * 0x7f);
        return (x & high) != 0;
    };
    while (text.size() - at >= 8 && !odd(at)) at += 8;
    // The last ones go with some before them, rather than one by one.
    if (text.size() - at < 8 && text.size() >= 8 && !odd(text.size() - 8)) return text.size();
    while (at < text.size() && is_plain(static_cast<unsigned char>(text[at]))) ++at;
    return at;
}

void append_escape(std::string& out, char32_t c) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out.push_back(hex[c >> shift & 15]);
}

void append_double(std::string& out, double d) {
    if (std::isfinite(d))
        fmt::format_to(std::back_inserter(out), "{}", d);
    else if (std::isinf(d))  // an integer beyond 64 bits (json_parse.hpp), and read again as one
        out += d > 0 ? "18446744073709551616" : "-9223372036854775809";
    else
        out += "null";
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t plain = 0;  // start of what needs no change
    for (std::size_t at = 0;;) {
        at = skip_plain(text, at);
        if (at == text.size()) break;
        const std::size_t start = at;
        const char32_t c = utf8::next(text, at);
        // C1 controls and the line separators are legal in JSON, but terminals and log readers act on them.
        if (c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != utf8::invalid) continue;
        out.append(text, plain, start - plain);
        plain = at;
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case utf8::invalid:
                out += "\xef\xbf\xbd";
                break;
            default:
                append_escape(out, c);
        }
    }
    out.append(text, plain);
    out.push_back('"');
}

void append_json(std::string& out, const boost::json::value& value) {
    switch (value.kind()) {
        case boost::json::kind::null:
            out += "null";
            break;
        case boost::json::kind::bool_:
            out += value.get_bool() ? "true" : "false";
            break;
        case boost::json::kind::int64:
            fmt::format_to(std::back_inserter(out), "{}", value.get_int64());
            break;
        case boost::json::kind::uint64:
            fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
            break;
        case boost::json::kind::double_:
            append_double(out, value.get_double());
            break;
        case boost::json::kind::string:
            append_json_string(out, std::string_view(value.get_string()));
            break;
        case boost::json::kind::array: {
            char before = '[';
            for (const auto& element : value.get_array()) {
                out.push_back(before);
                append_json(out, element);
                before = ',';
            }
            out += before == '[' ? "[]" : "]";
            break;
        }
        case boost::json::kind::object: {
            char before = '{';
            for (const auto& member : value.get_object()) {
                out.push_back(before);
                append_json_string(out, std::string_view(member.key()));
                out.push_back(':');
                append_json(out, member.value());
                before = ',';
            }
            out += before == '{' ? "{}" : "}";
            break;
        }
    }
}

}  // namespace mita
