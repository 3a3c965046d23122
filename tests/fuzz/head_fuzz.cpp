// Any bytes as a request head and as an answer's head: no fault, views inside the input, the same answer in one piece
// and cut.
#include "http/head_guard.hpp"
#include "http/response_head.hpp"

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

// step 0: all at once.
outcome read(const std::string& bytes, std::size_t step, request& req) {
    head_limits limits;
    limits.target = 64;
    limits.head = 256;  // so that the bounds are reached
    head_reader reader;
    std::string buffer;
    outcome out;
    for (std::size_t n = step == 0 ? bytes.size() : std::min(step, bytes.size());;
         n = std::min(n + step, bytes.size())) {
        bool keep = false, expect = false;
        head_error error;
        out.state =
            reader.read(std::string_view(bytes).substr(0, n), limits, req, buffer, out.size, keep, expect, error);
        if (out.state == head_state::bad) {
            require(error.status >= 400 && !error.code.empty() && !error.detail.empty() && !error.rule.empty());
            out.status = error.status;
            out.rule = error.rule;
            out.size = 0;
            return out;
        }
        if (out.state == head_state::done) {
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
    static const auto headers = std::make_unique<header_list>();
    const outcome whole = read(bytes, 0, *req);
    require(read(bytes, 1, *req) == whole);
    require(read(bytes, 7, *req) == whole);

    response_head head;
    const char* fault = nullptr;
    for (const verb v : {verb::get, verb::head}) {
        const head_state state = read_response_head(bytes, v, head, *headers, fault);
        if (state == head_state::done) require(head.size <= size && head.status >= 200 && head.status < 600);
        if (state == head_state::bad) require(fault != nullptr);
    }
    return 0;
}
