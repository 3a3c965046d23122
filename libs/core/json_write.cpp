#include "core/json_reader.hpp"
#include "core/utf8.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>

namespace mita {
namespace {

constexpr char hex[] = "0123456789abcdef";

// ASCII that stands for itself in a JSON string.
constexpr auto is_plain = [] {
    std::array<bool, 256> t{};
    for (std::size_t c = 0x20; c < 0x7f; ++c) t[c] = c != '"' && c != '\\';
    return t;
}();

void append_escape(std::string& out, char32_t c) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out.push_back(hex[c >> shift & 15]);
}

void append_double(std::string& out, double d) {
    if (std::isfinite(d))
        fmt::format_to(std::back_inserter(out), "{}", d);
    else
        out += "null";
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t plain = 0;  // start of what needs no change
    for (std::size_t at = 0;;) {
        while (at < text.size() && is_plain[static_cast<unsigned char>(text[at])]) ++at;
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
