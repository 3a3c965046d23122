// Entity tags and preconditions (RFC 9110 8.8.3, 13.1; RFC 6585 3).
#include "http/conditional.hpp"

#include "core/error.hpp"
#include "http/grammar.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace mita::http {

namespace {

// Tags may hold commas, so the list is read tag by tag.
bool tag_in(std::string_view list, std::string_view tag, bool weak) {
    list = grammar::trim(list);
    if (list == "*") return true;
    while (!list.empty()) {
        bool is_weak = false;
        if (list.substr(0, 2) == "W/") {
            is_weak = true;
            list.remove_prefix(2);
        }
        if (list.empty() || list.front() != '"') return false;
        const std::size_t end = list.find('"', 1);
        if (end == std::string_view::npos) return false;
        if (list.substr(1, end - 1) == tag && (weak || !is_weak)) return true;
        list = grammar::trim(list.substr(end + 1));
        if (!list.empty() && list.front() != ',') return false;
        while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t'))
            list.remove_prefix(1);
    }
    return false;
}

bool is_read(const request& req) { return req.method == verb::get || req.method == verb::head; }

std::string quoted(std::string_view tag) { return std::string("\"").append(tag).append("\""); }

}  // namespace

bool etag_listed(const header_list& headers, std::string_view name, std::string_view tag, bool weak) {
    for (const header& h : headers)
        if (iequals(h.name, name) && tag_in(h.value, tag, weak)) return true;
    return false;
}

std::string tag_of_text(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return "v" + std::to_string(hash);
}

response tagged_by_text(const request& req, response whole) {
    const auto tag = tag_of_text(whole.body);
    if (auto same = not_modified(req, tag)) return std::move(*same);
    with_etag(whole, tag);
    return whole;
}

response& with_etag(response& r, std::string_view tag) { return with_header(r, "ETag", quoted(tag)); }

std::optional<response> not_modified(const request& req, std::string_view tag, std::string_view caching) {
    if (!is_read(req) || !etag_listed(req.headers, "If-None-Match", tag, true)) return std::nullopt;
    auto r = empty(304);
    with_etag(r, tag);
    with_header(r, "Cache-Control", std::string(caching));
    return r;
}

response json_with_etag(const request& req, std::string json_text, std::string_view tag, unsigned status,
                        std::string_view caching) {
    if (auto same = not_modified(req, tag, caching)) return std::move(*same);
    auto r = json(status, std::move(json_text));
    if (is_read(req)) {  // the hot path: one string, ready made
        r.head_block.reserve(tag.size() + caching.size() + 32);
        r.head_block.append("ETag: \"").append(tag).append("\"\r\nCache-Control: ").append(caching).append("\r\n");
    } else {
        with_etag(r, tag);
    }
    return r;
}

void require_if_match(const request& req, std::string_view current_tag) {
    if (req.headers.find("If-Match") == nullptr)
        throw api_error(428, "precondition_required", "Send If-Match with the ETag of the version you change");
    if (etag_listed(req.headers, "If-Match", current_tag, false)) return;
    api_error stale(412, "precondition_failed", "The resource has changed since; read it again");
    stale.with_header("ETag", quoted(current_tag));
    throw stale;
}

}  // namespace mita::http
