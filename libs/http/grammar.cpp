#include "http/grammar.hpp"

#include "http/message.hpp"

#include <cstring>

namespace mita::http::grammar {

std::string_view trim(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

namespace {

bool valid_bytes(std::string_view s) {
    for (const char c : s) {
        const auto u = static_cast<unsigned char>(c);
        if ((u < 0x20 && u != '\t') || u == 0x7f) return false;
    }
    return true;
}

}  // namespace

bool valid_value(std::string_view s) {
    // Eight bytes at a time: is any below 0x20 or equal to 0x7f? A hit may be a HT, so it is looked at again slowly.
    constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
    while (s.size() >= 8) {
        std::uint64_t w = 0;
        std::memcpy(&w, s.data(), 8);
        const std::uint64_t low = (w - ones * 0x20) & ~w & high;
        const std::uint64_t x = w ^ (ones * 0x7f);
        const std::uint64_t del = (x - ones) & ~x & high;
        if ((low | del) != 0 && !valid_bytes(s.substr(0, 8))) return false;
        s.remove_prefix(8);
    }
    return valid_bytes(s);
}

bool valid_host(std::string_view s) {
    std::string_view port;
    bool with_port = false;
    if (!s.empty() && s.front() == '[') {
        const std::size_t close = s.find(']');
        if (close == std::string_view::npos || close < 3 || close > 46) return false;
        for (const char c : s.substr(1, close - 1))
            if (!is(c, hex) && c != ':' && c != '.') return false;
        if (s.substr(1, close - 1).find(':') == std::string_view::npos) return false;
        const std::string_view rest = s.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') return false;
        with_port = !rest.empty();
        if (with_port) port = rest.substr(1);
    } else {
        const std::size_t colon = s.find(':');
        const std::string_view name = s.substr(0, colon);
        if (name.empty() || name.size() > 255 || !all(name, host)) return false;
        with_port = colon != std::string_view::npos;
        if (with_port) port = s.substr(colon + 1);
    }
    if (!with_port) return true;
    if (port.size() > 5 || !all(port, digit)) return false;
    unsigned value = 0;
    for (const char c : port) value = value * 10 + static_cast<unsigned>(c - '0');
    return value <= 65535;
}

bool parse_content_length(std::string_view s, std::uint64_t& out) {
    if (s.empty() || s.size() > 19) return false;
    std::uint64_t value = 0;  // 19 digits do not overflow 64 bits
    for (const char c : s) {
        if (!is(c, digit)) return false;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (value > (std::uint64_t(1) << 63) - 1) return false;
    out = value;
    return true;
}

line_fault split_field(std::string_view line, std::string_view& name, std::string_view& value) {
    if (line.front() == ' ' || line.front() == '\t') return line_fault::folded;
    std::size_t i = 0;
    while (i < line.size() && is(line[i], tchar)) ++i;
    if (i < line.size() && (line[i] == ' ' || line[i] == '\t')) return line_fault::space_before_colon;
    if (i == 0 || i == line.size() || line[i] != ':') return line_fault::name;
    name = line.substr(0, i);
    value = trim(line.substr(i + 1));
    return valid_value(value) ? line_fault::none : line_fault::value;
}

transfer classify_transfer_encoding(std::string_view value) {
    if (iequals(value, "chunked")) return transfer::chunked;
    bool unknown = false;
    for (;;) {
        const std::size_t comma = value.find(',');
        const std::string_view item = trim(value.substr(0, comma));
        if (item.empty() || !all(item, tchar)) return transfer::bad;
        bool known = false;
        for (const std::string_view coding :
             {"chunked", "gzip", "x-gzip", "deflate", "compress", "x-compress", "identity"})
            known = known || iequals(item, coding);
        unknown = unknown || !known;
        if (comma == std::string_view::npos) break;
        value.remove_prefix(comma + 1);
    }
    return unknown ? transfer::unknown_coding : transfer::bad;
}

bool lists(std::string_view list, std::string_view token) {
    for (;;) {
        const std::size_t comma = list.find(',');
        if (iequals(trim(list.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace mita::http::grammar
