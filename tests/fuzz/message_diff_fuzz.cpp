// What the guards let through, Beast reads as the rules say: every request that is accepted is read a second time, the
// plain way, without looking ahead and without a table, and both must agree on method, target, version, headers,
// framing, body and where the message ends.
#include "http/request_reader.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace mita::http;

namespace {

void require(bool good) {
    if (!good) std::abort();
}

std::string lower(std::string_view s) {
    std::string out(s);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trimmed(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

std::string_view take_line(std::string_view& in) {
    const std::size_t end = in.find("\r\n");
    require(end != std::string_view::npos);
    const std::string_view line = in.substr(0, end);
    require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    in.remove_prefix(end + 2);
    return line;
}

struct plain {
    std::string method, target;
    char minor = '1';
    std::vector<std::pair<std::string, std::string>> headers;
    bool chunked = false;
    std::optional<std::uint64_t> length;

    std::vector<std::string> values(const std::string& name) const {
        std::vector<std::string> out;
        for (const auto& [n, v] : headers)
            if (lower(n) == name) out.push_back(v);
        return out;
    }
};

plain read_head(std::string_view& in) {
    plain p;
    std::string_view line;
    do line = take_line(in);
    while (line.empty());
    const std::size_t a = line.find(' '), b = line.rfind(' ');
    require(a != std::string_view::npos && a < b && line.substr(a + 1, b - a - 1).find(' ') == std::string_view::npos);
    p.method = line.substr(0, a);
    p.target = line.substr(a + 1, b - a - 1);
    require(line.substr(b + 1) == "HTTP/1.0" || line.substr(b + 1) == "HTTP/1.1");
    p.minor = line.back();
    for (;;) {
        line = take_line(in);
        if (line.empty()) break;
        const std::size_t colon = line.find(':');
        require(colon != std::string_view::npos && colon > 0 && line.front() != ' ' && line.front() != '\t');
        require(line.substr(0, colon).find_first_of(" \t") == std::string_view::npos);
        p.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
    // R3, R4, R5, R15: what must be single is, and the framing is one thing only.
    for (const char* name :
         {"host", "content-length", "transfer-encoding", "authorization", "content-type", "origin", "idempotency-key"})
        require(p.values(name).size() <= 1);
    require(p.minor == '0' || p.values("host").size() == 1);
    const auto lengths = p.values("content-length"), codings = p.values("transfer-encoding");
    require(lengths.empty() || codings.empty());
    require(codings.empty() || (p.minor == '1' && lower(codings[0]) == "chunked"));
    p.chunked = !codings.empty();
    if (!lengths.empty()) {
        require(!lengths[0].empty() && lengths[0].find_first_not_of("0123456789") == std::string::npos);
        p.length = std::strtoull(lengths[0].c_str(), nullptr, 10);
    }
    return p;
}

void same_head(const plain& p, const request& req) {
    require(p.method == name(req.method) && p.minor - '0' == req.minor_version);
    const bool absolute = p.target.front() != '/' && p.target != "*";
    if (!absolute) require(req.target == p.target);
    require(req.chunked == p.chunked && req.content_length == p.length);
    require(req.has_body == (p.chunked || p.length.value_or(0) > 0));
    const bool added = absolute && p.values("host").empty();
    require(req.headers.size() == p.headers.size() + (added ? 1 : 0));
    const header* h = req.headers.begin();
    for (const auto& [n, v] : p.headers) {
        require(h->name == n);
        require((absolute && lower(n) == "host") || h->value == v);
        ++h;
    }
}

// The whole of a chunked body that was accepted.
std::string read_chunks(std::string_view& in) {
    std::string data;
    for (;;) {
        std::string_view line = take_line(in);
        const std::string size(line.substr(0, line.find(';')));
        require(!size.empty() && size.size() <= 16);
        require(size.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos);
        const std::uint64_t n = std::strtoull(size.c_str(), nullptr, 16);
        if (n == 0) break;
        require(in.size() >= n + 2);
        data += in.substr(0, n);
        in.remove_prefix(n);
        require(take_line(in).empty());
    }
    while (!take_line(in).empty()) {
    }
    return data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view whole(reinterpret_cast<const char*>(bytes), size);
    static const auto req = std::make_unique<request>();
    static request_reader reader;
    reader.reset();
    std::string path_buffer;
    head_error error;
    if (reader.check(whole, head_limits(), error) != head_state::done) return 0;
    if (!reader.build(whole, *req, path_buffer, error)) return 0;
    std::string_view rest = whole;
    const plain p = read_head(rest);
    require(rest.data() == whole.data() + reader.head_size());
    same_head(p, *req);
    if (!p.chunked) return 0;
    std::string data;
    std::size_t used = 0;
    const chunk_state state = reader.feed(rest, used, data, 1 << 20);
    if (state != chunk_state::done) return 0;
    const std::string_view before = rest;
    require(read_chunks(rest) == data);
    require(rest.data() == before.data() + used);
    return 0;
}
