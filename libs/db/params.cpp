#include "db/params.hpp"

#include <cstdio>
#include <stdexcept>

namespace mita::db {

namespace {

// ISO 8601, with PostgreSQL's BC spelling for years before 1.
void append_date(std::string& out, std::chrono::year_month_day v) {
    if (!v.ok()) throw std::invalid_argument("db::params: not a date");
    const int year = static_cast<int>(v.year());
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u%s", year > 0 ? year : 1 - year, static_cast<unsigned>(v.month()),
                  static_cast<unsigned>(v.day()), year > 0 ? "" : " BC");
    out += text;
}

void append_quoted(std::string& out, std::string_view element) {
    out += '"';
    for (const char c : element) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

template <class T, class Append>
std::string array_literal(const std::vector<T>& v, Append append) {
    std::string out = "{";
    for (const auto& element : v) {
        if (out.size() > 1) out += ',';
        append(out, element);
    }
    out += '}';
    return out;
}

}  // namespace

void params::add_text(std::string_view v) {
    if (v.find('\0') != std::string_view::npos) throw std::invalid_argument("db::params: text cannot hold NUL");
    offsets_.push_back(buffer_.size());
    buffer_.append(v);
    buffer_ += '\0';
}

void params::add(std::chrono::year_month_day v) {
    std::string text;
    append_date(text, v);
    add_text(text);
}

void params::add(bytes v) {
    constexpr char digits[] = "0123456789abcdef";
    offsets_.push_back(buffer_.size());
    buffer_.reserve(buffer_.size() + 3 + 2 * v.data.size());
    buffer_ += "\\x";
    for (const char c : v.data) {
        const auto byte = static_cast<unsigned char>(c);
        buffer_ += digits[byte >> 4];
        buffer_ += digits[byte & 15];
    }
    buffer_ += '\0';
}

void params::add(const std::vector<std::int64_t>& v) {
    add_text(array_literal(v, [](std::string& out, std::int64_t x) { out += std::to_string(x); }));
}

void params::add(const std::vector<std::string>& v) {
    add_text(array_literal(v, [](std::string& out, const std::string& x) { append_quoted(out, x); }));
}

void params::add(const std::vector<uuid>& v) {
    add_text(array_literal(v, [](std::string& out, const uuid& x) { out += x.str(); }));
}

void params::add(const std::vector<std::chrono::year_month_day>& v) {
    add_text(array_literal(v, [](std::string& out, std::chrono::year_month_day x) {
        std::string text;
        append_date(text, x);
        append_quoted(out, text);
    }));
}

}  // namespace mita::db
