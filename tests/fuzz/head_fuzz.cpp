// Any bytes as a request head: no fault, views inside the input, the same answer in one piece and cut; and what can be
// read of a refused one is read without a fault too.
#include "http/request_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

using namespace mita::http;

namespace {

void require(bool good) {
    if (!good) std::abort();
}

struct outcome {
    head_state state = head_state::more;
    unsigned status = 0;
    std::string rule, path;
    std::size_t size = 0, headers = 0;
    bool operator==(const outcome&) const = default;
};

void refused(const head_error& error, std::string_view seen, request_reader& reader, request& req, outcome& out) {
    require(error.status >= 400 && !error.code.empty() && !error.detail.empty() && !error.rule.empty());
    out.state = head_state::bad;
    out.status = error.status;
    out.rule = error.rule;
    std::string buffer;
    req.clear();
    reader.glimpse(seen, req, buffer);
    require(!req.has_body && !req.chunked && !req.content_length);
}

// step 0: all at once.
outcome read(const std::string& bytes, std::size_t step, request& req) {
    head_limits limits;
    limits.target = 64;
    limits.head = 256;  // so that the bounds are reached
    static request_reader reader;
    reader.reset();
    std::string buffer;
    outcome out;
    for (std::size_t n = step == 0 ? bytes.size() : std::min(step, bytes.size());;
         n = std::min(n + step, bytes.size())) {
        const std::string_view seen = std::string_view(bytes).substr(0, n);
        head_error error;
        out.state = reader.check(seen, limits, error);
        if (out.state == head_state::done && !reader.build(seen, req, buffer, error)) out.state = head_state::bad;
        if (out.state == head_state::bad) {
            refused(error, seen, reader, req, out);
            return out;
        }
        if (out.state == head_state::done) {
            out.size = reader.head_size();
            require(out.size <= n && out.size >= 4 && bytes.compare(out.size - 4, 4, "\r\n\r\n") == 0);
            require(!req.path.empty() && (req.path.front() == '/' || req.path == "*"));
            require(req.minor_version == 0 || req.headers.find("Host") != nullptr);
            require(!(req.chunked && req.content_length));
            for (const header& h : req.headers)
                require(!h.name.empty() &&
                        h.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
            out.path = req.path;
            out.headers = req.headers.size();
            return out;
        }
        if (n == bytes.size()) return out;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    static const auto req = std::make_unique<request>();
    const outcome whole = read(bytes, 0, *req);
    require(read(bytes, 1, *req) == whole);
    require(read(bytes, 7, *req) == whole);
    return 0;
}
