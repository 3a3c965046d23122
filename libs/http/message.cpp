#include "http/message.hpp"

#include "http/grammar.hpp"

#include <cstring>

namespace mita::http {

namespace {

constexpr std::array<std::string_view, 7> names = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
constexpr std::size_t keep_capacity = 64 << 10;  // what a reused buffer may keep from one exchange to the next

void reuse(std::string& s) {
    if (s.capacity() > keep_capacity) {
        s = std::string();
    } else {
        s.clear();
    }
}

// All bytes of a word at once; only ASCII letters have a case.
template <class Word>
Word lowered(Word w) {
    constexpr Word ones = static_cast<Word>(~Word(0)) / 0xff;
    const Word low = w & (ones * 0x7f);
    const Word from_a = low + ones * (0x80 - 'A'), past_z = low + ones * (0x7f - 'Z');
    return w | ((~w & (from_a ^ past_z) & (ones * 0x80)) >> 2);
}

template <class Word>
bool same_letters(const char* a, const char* b) {
    Word x = 0, y = 0;
    std::memcpy(&x, a, sizeof x);
    std::memcpy(&y, b, sizeof y);
    return x == y || lowered(x) == lowered(y);
}

}  // namespace

std::string_view name(verb v) { return names[static_cast<std::size_t>(v)]; }

std::optional<verb> parse_verb(std::string_view s) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == s) return static_cast<verb>(i);
    return std::nullopt;
}

bool iequals(std::string_view a, std::string_view b) {
    const std::size_t n = a.size();
    if (n != b.size()) return false;
    const char *p = a.data(), *q = b.data();
    if (n >= 8) {  // the last eight may be looked at twice
        for (std::size_t i = 0; i + 8 < n; i += 8)
            if (!same_letters<std::uint64_t>(p + i, q + i)) return false;
        return same_letters<std::uint64_t>(p + n - 8, q + n - 8);
    }
    if (n >= 4) return same_letters<std::uint32_t>(p, q) && same_letters<std::uint32_t>(p + n - 4, q + n - 4);
    for (std::size_t i = 0; i < n; ++i)
        if (grammar::lower(p[i]) != grammar::lower(q[i])) return false;
    return true;
}

const header* header_list::find(std::string_view name) const {
    for (const header& h : *this)
        if (h.name.size() == name.size() && iequals(h.name, name)) return &h;
    return nullptr;
}

std::string_view header_list::value(std::string_view name) const {
    const header* h = find(name);
    return h == nullptr ? std::string_view() : h->value;
}

bool header_list::replace(std::string_view name, std::string_view value) {
    for (std::size_t i = 0; i < size_; ++i) {
        if (!iequals(items_[i].name, name)) continue;
        items_[i].value = value;
        return true;
    }
    return false;
}

void request::clear() {
    // Not `*this = request()`: the header array is 3 KiB.
    method = verb::get;
    target = path = query = body = {};
    minor_version = 1;
    headers.clear();
    stream = nullptr;
    content_length.reset();
    chunked = has_body = false;
    params = {};
    route = "unmatched";
    route_index = -1;
    id = trace_id = parent_span = span_id = trace_flags = client_address = {};
    until = deadline::at(deadline::clock::time_point());
    who.reset();
    db_us = upstream_us = 0;
    from = nullptr;
}

gone_watch::gone_watch(const request& req, std::function<void()> then) : from_(req.from), then_(std::move(then)) {
    if (from_ != nullptr) from_->watch(this);
}

gone_watch::~gone_watch() {
    if (from_ != nullptr) from_->watch(nullptr);
}

void gone_watch::client_gone() { then_(); }

void response::clear() {
    status = 200;
    content_type = "application/json";
    headers.clear();
    reuse(head_block);
    reuse(body);
    stream.reset();
    close = false;
    code.clear();
    log_detail.clear();
}

response json(unsigned status, std::string json_text) {
    response r;
    r.status = status;
    r.body = std::move(json_text);
    return r;
}

response empty(unsigned status) {
    response r;
    r.status = status;
    r.content_type = {};
    return r;
}

response& with_header(response& r, std::string name, std::string value) {
    r.headers.emplace_back(std::move(name), std::move(value));
    return r;
}

bool is_media_type(std::string_view content_type, std::string_view type) {
    std::size_t semicolon = content_type.find(';');
    if (!iequals(grammar::trim(content_type.substr(0, semicolon)), type)) return false;
    while (semicolon !=
           std::string_view::npos) {  // parameters may be empty, and unknown ones mean nothing (RFC 9110 5.6.6)
        content_type.remove_prefix(semicolon + 1);
        semicolon = content_type.find(';');
        const std::string_view parameter = grammar::trim(content_type.substr(0, semicolon));
        const std::size_t equals = parameter.find('=');
        if (!iequals(parameter.substr(0, equals), "charset")) continue;
        if (!iequals(parameter, "charset=utf-8") && !iequals(parameter, "charset=\"utf-8\"")) return false;
    }
    return true;
}

}  // namespace mita::http
