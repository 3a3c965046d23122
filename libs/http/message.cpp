#include "http/message.hpp"

#include "http/grammar.hpp"

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

}  // namespace

std::string_view name(verb v) { return names[static_cast<std::size_t>(v)]; }

std::optional<verb> parse_verb(std::string_view s) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == s) return static_cast<verb>(i);
    return std::nullopt;
}

bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (grammar::lower(a[i]) != grammar::lower(b[i])) return false;
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
