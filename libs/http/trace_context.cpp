#include "http/trace_context.hpp"

#include "http/grammar.hpp"

#include <boost/container/static_vector.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace mita::http {

namespace {

constexpr std::size_t most_members = 32, longest_part = 256, most_sent = 512, large = 128;

struct member {
    std::string_view key, text;  // text: key=value
};
using members = boost::container::static_vector<member, most_members>;

bool lower_hex(std::string_view s) {
    bool bad = false;  // no early exit: eight and more at once
    for (const char c : s) bad |= !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return !bad;
}

bool lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool valid_key(std::string_view s) {
    return !s.empty() && s.size() <= longest_part && lower_alnum(s.front()) && std::ranges::all_of(s, [](char c) {
        return lower_alnum(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
    });
}

bool valid_value(std::string_view s) {  // trailing spaces are cut already: they are no part of it
    return !s.empty() && s.size() <= longest_part &&
           std::ranges::all_of(s, [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

// Adds a line's members; false when one is malformed or they are too many.
bool read_line(std::string_view line, members& out) {
    for (;;) {
        const std::size_t comma = line.find(',');
        const std::string_view text = grammar::trim(line.substr(0, comma));
        if (!text.empty()) {  // empty members are allowed and mean nothing
            const std::size_t equals = text.find('=');
            if (equals == std::string_view::npos || out.size() == most_members) return false;
            const member m{text.substr(0, equals), text};
            if (!valid_key(m.key) || !valid_value(text.substr(equals + 1))) return false;
            out.push_back(m);
        }
        if (comma == std::string_view::npos) return true;
        line.remove_prefix(comma + 1);
    }
}

void drop_repeated(members& list) {
    for (auto at = list.begin(); at != list.end();) {
        const auto before = [&at](const member& m) { return m.key == at->key; };
        at = std::any_of(list.begin(), at, before) ? list.erase(at) : at + 1;
    }
}

void shorten(members& list) {
    std::size_t size = 0;
    for (const member& m : list) size += m.text.size() + 1;
    for (auto at = list.begin(); at != list.end() && size > most_sent + 1;) {
        if (at->text.size() > large) {
            size -= at->text.size() + 1;
            at = list.erase(at);
        } else {
            ++at;
        }
    }
    while (size > most_sent + 1) {
        size -= list.back().text.size() + 1;
        list.pop_back();
    }
}

}  // namespace

bool parse_traceparent(std::string_view s, trace_context& out) {
    if (s.size() < 55 || s[2] != '-' || s[35] != '-' || s[52] != '-') return false;
    const std::string_view version = s.substr(0, 2), flags = s.substr(53, 2);
    if (!lower_hex(version) || version == "ff") return false;
    if (version == "00" ? s.size() != 55 : s.size() > 55 && s[55] != '-') return false;
    out.trace_id = s.substr(3, 32);
    out.parent_id = s.substr(36, 16);
    if (!lower_hex(out.trace_id) || !lower_hex(out.parent_id) || !lower_hex(flags) ||
        out.trace_id.find_first_not_of('0') == std::string_view::npos ||
        out.parent_id.find_first_not_of('0') == std::string_view::npos)
        return false;
    constexpr std::array<std::string_view, 4> sent = {"00", "01", "02", "03"};
    const auto known = static_cast<std::size_t>(version == "00" ? 3 : 1);
    out.flags = sent[static_cast<std::size_t>(grammar::hex_value(flags[1])) & known];
    return true;
}

bool append_tracestate(std::string& out, const header_list& headers) {
    members list;
    for (const header& h : headers)
        if (h.name.size() == 10 && iequals(h.name, "tracestate") && !read_line(h.value, list)) return false;
    drop_repeated(list);
    shorten(list);
    for (const member& m : list) {
        if (&m != &list.front()) out += ',';
        out += m.text;
    }
    return !list.empty();
}

}  // namespace mita::http
