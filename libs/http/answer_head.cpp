#include "http/answer_head.hpp"

#include "http/grammar.hpp"
#include "http/problem.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace mita::http {

namespace {

struct security_header {
    std::string_view name, line;
};

// The date's line comes with HSTS (server.cpp).
constexpr std::array<security_header, 6> security = {{
    {"Cache-Control", "Cache-Control: no-store\r\n"},
    {"X-Content-Type-Options", "X-Content-Type-Options: nosniff\r\n"},
    {"X-Frame-Options", "X-Frame-Options: DENY\r\n"},
    {"Referrer-Policy", "Referrer-Policy: no-referrer\r\n"},
    {"Content-Security-Policy", "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"},
    {"Cross-Origin-Resource-Policy", "Cross-Origin-Resource-Policy: same-origin\r\n"},
}};

constexpr std::size_t block_size = [] {
    std::size_t n = 0;
    for (const security_header& h : security) n += h.line.size();
    return n;
}();
constexpr std::array<char, block_size> block = [] {
    std::array<char, block_size> out{};
    std::size_t at = 0;
    for (const security_header& h : security)
        for (const char c : h.line) out[at++] = c;
    return out;
}();

// The bit of a security header, 0 for other names.
unsigned bit_of(std::string_view name) {
    for (std::size_t i = 0; i < security.size(); ++i)
        if (security[i].name.size() == name.size() && iequals(security[i].name, name)) return 1u << i;
    return 0;
}

unsigned overridden(const response& res) {
    unsigned bits = 0;
    for (const auto& [name, value] : res.headers) bits |= bit_of(name);
    std::string_view rest = res.head_block;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        const std::size_t colon = rest.find(':');
        if (colon < end) bits |= bit_of(rest.substr(0, colon));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return bits;
}

void append_number(std::string& out, std::uint64_t n) {
    std::array<char, 20> text;
    const auto [end, ec] = std::to_chars(text.data(), text.data() + text.size(), n);
    out.append(text.data(), end);
}

void append_value(std::string& out, std::string_view value) {
    if (grammar::valid_value(value)) {
        out.append(value);
        return;
    }
    for (const char c : value) {
        const auto u = static_cast<unsigned char>(c);
        out.push_back((u < 0x20 && c != '\t') || u == 0x7f ? ' ' : c);
    }
}

void append_status_line(std::string& out, unsigned status) {
    if (status == 200) {
        out.append("HTTP/1.1 200 OK\r\n");
        return;
    }
    out.append("HTTP/1.1 ");
    append_number(out, status);
    out.append(" ").append(reason(status)).append("\r\n");
}

// What every answer says to its client.
void append_standing_lines(std::string& out, const response& res, const request& req, std::string_view date_line) {
    out.append(date_line);
    out.append("X-Request-Id: ").append(req.id);
    out.append("\r\ntraceparent: 00-")
        .append(req.trace_id)
        .append("-")
        .append(req.span_id)
        .append("-")
        .append(req.trace_flags)
        .append("\r\n");

    const unsigned own = res.headers.empty() && res.head_block.empty() ? 0 : overridden(res);
    if (own == 0) {
        out.append(block.data(), block.size());
    } else {
        for (std::size_t i = 0; i < security.size(); ++i)
            if ((own & (1u << i)) == 0) out.append(security[i].line);
    }
}

}  // namespace

bool may_have_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

void write_head(std::string& out, const response& res, const request& req, const answer_facts& facts) {
    append_status_line(out, res.status);
    if (!facts.relayed) append_standing_lines(out, res, req, facts.date_line);
    if (!facts.name.empty()) out.append(answer_name_header).append(": ").append(facts.name).append("\r\n");
    for (const auto& [name, value] : res.headers) {
        out.append(name).append(": ");
        append_value(out, value);
        out.append("\r\n");
    }
    out.append(res.head_block);

    if (may_have_body(res.status) && !res.content_type.empty()) {
        out.append("Content-Type: ");
        append_value(out, res.content_type);
        out.append("\r\n");
    }
    if (facts.framing.length) {
        out.append("Content-Length: ");
        append_number(out, *facts.framing.length);
        out.append("\r\n");
    } else if (facts.framing.chunked) {
        out.append("Transfer-Encoding: chunked\r\n");
    }
    if (!facts.framing.keep_alive) {
        out.append("Connection: close\r\n");
    } else if (facts.minor_version == 0) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

void write_date_line(std::string& out, std::chrono::sys_seconds t) {
    constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const std::chrono::weekday weekday(day);
    const auto s = (t - day).count();
    std::array<char, 64> text;
    const int n = std::snprintf(text.data(), text.size(), "Date: %s, %02u %s %04d %02d:%02d:%02d GMT\r\n",
                                days[weekday.c_encoding()], static_cast<unsigned>(date.day()),
                                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                                static_cast<int>(s / 3600), static_cast<int>(s / 60 % 60), static_cast<int>(s % 60));
    out.assign(text.data(), static_cast<std::size_t>(n));
}

}  // namespace mita::http
