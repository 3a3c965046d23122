#include "gateway/compress/compressor.hpp"

#include "http/accept_encoding.hpp"
#include "http/answer_head.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace mita::gateway {

namespace {

// The value of the first line called `name` in a block of header lines, empty when there is none.
std::string_view value_in(std::string_view block, std::string_view name) {
    while (!block.empty()) {
        const std::size_t end = block.find("\r\n");
        const std::string_view line = block.substr(0, end);
        if (line.size() > name.size() + 2 && line[name.size()] == ':' &&
            http::iequals(line.substr(0, name.size()), name))
            return line.substr(name.size() + 2);
        block.remove_prefix(end == std::string_view::npos ? block.size() : end + 2);
    }
    return {};
}

// A service's lines are in the block, the gateway's own answers have theirs in both places.
std::string_view value_of(const http::response& res, std::string_view name) {
    for (const auto& [own, value] : res.headers)
        if (http::iequals(own, name)) return value;
    return value_in(res.head_block, name);
}

bool is_json(const http::response& res) {
    const auto type = res.content_type.empty() ? value_in(res.head_block, "Content-Type") : res.content_type;
    return http::is_media_type(type, "application/json") || http::is_media_type(type, "application/problem+json");
}

// Where the type is no line of a service's, no encoding is either (hop_headers.hpp).
bool is_encoded(const http::response& res) {
    if (res.content_type.empty()) return !value_in(res.head_block, "Content-Encoding").empty();
    return std::ranges::any_of(res.headers, [](const auto& h) { return http::iequals(h.first, "Content-Encoding"); });
}

// A strong tag is marked before its closing quote; a weak one says the same of both.
void mark_tag(http::response& res) {
    for (auto& [name, value] : res.headers)
        if (http::iequals(name, "ETag") && value.starts_with('"')) value.insert(value.size() - 1, http::packed_mark);
    const auto tag = value_in(res.head_block, "ETag");
    if (!tag.starts_with('"')) return;
    const auto at = static_cast<std::size_t>(tag.data() - res.head_block.data());
    res.head_block.insert(at + tag.size() - 1, http::packed_mark);
}

// "Not modified" speaks of what the client named: packed, when only that was.
bool named_packed(const http::request& req, const http::response& res) {
    if (req.headers.value("If-None-Match").find(http::packed_mark) == std::string_view::npos) return false;  // mostly
    const auto tag = value_of(res, "ETag");
    if (tag.size() < 2 || !tag.starts_with('"')) return false;
    const std::string plain(tag.substr(1, tag.size() - 2));
    return http::etag_listed(req.headers, "If-None-Match", plain + std::string(http::packed_mark), true) &&
           !http::etag_listed(req.headers, "If-None-Match", plain, true);
}

void say_vary(http::response& res) { res.head_block += "Vary: Accept-Encoding\r\n"; }

}  // namespace

struct compressor::state {
    state() {
        constexpr int level = 1, gzip_window = 15 + 16, memory = 8;
        if (::deflateInit2(&stream, level, Z_DEFLATED, gzip_window, memory, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~state() { ::deflateEnd(&stream); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    z_stream stream{};
    std::string out;
};

compressor::compressor(metrics::registry& registry)
    : answers_(registry.make_counter("mita_gateway_compressed_answers_total", "Answers sent as gzip.", {})),
      bytes_before_(registry.make_counter("mita_gateway_compressed_bytes_total", "Of those answers, in bytes.",
                                          {{"of", "before"}})),
      bytes_after_(registry.make_counter("mita_gateway_compressed_bytes_total", "Of those answers, in bytes.",
                                         {{"of", "after"}})) {}

compressor::~compressor() = default;

void compressor::consider(const http::request& req, http::response& res) {
    if (res.stream != nullptr) return;
    if (res.status == 304) {
        if (!value_of(res, "Content-Encoding").empty() || !value_of(res, "Vary").empty()) return;  // a page said it all
        say_vary(res);
        if (named_packed(req, res)) mark_tag(res);
        return;
    }
    if (!http::may_have_body(res.status) || res.body.size() > most || !is_json(res) || is_encoded(res)) return;
    say_vary(res);
    if (!http::prefers_gzip(req.headers)) return;
    const std::string_view packed = pack(res.body);
    if (packed.empty() || packed.size() >= res.body.size()) return;
    answers_.add();
    bytes_before_.add(res.body.size());
    bytes_after_.add(packed.size());
    mark_tag(res);
    res.head_block += "Content-Encoding: gzip\r\n";
    res.body.assign(packed);
}

// Valid until the next call; empty when zlib could not.
std::string_view compressor::pack(std::string_view plain) {
    if (state_ == nullptr) state_ = std::make_unique<state>();
    z_stream& z = state_->stream;
    std::string& out = state_->out;
    const auto bound = static_cast<std::size_t>(::deflateBound(&z, plain.size()));
    if (out.size() < bound) out.resize(bound);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));  // zlib's type for what it only reads
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const bool whole = ::deflate(&z, Z_FINISH) == Z_STREAM_END;
    const std::size_t made = out.size() - z.avail_out;
    ::deflateReset(&z);
    return whole ? std::string_view(out).substr(0, made) : std::string_view();
}

}  // namespace mita::gateway
