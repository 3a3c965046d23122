// Any bytes as a chunked body: bounded, the same in one piece and cut, and the data never more than the limit.
#include "http/request_reader.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

using namespace mita::http;

namespace {

struct outcome {
    chunk_state state = chunk_state::more;
    std::string data;
    std::size_t consumed = 0;
    bool operator==(const outcome&) const = default;
};

constexpr std::uint64_t limit = 100;

outcome decode(std::string_view in, std::size_t step) {
    static const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const auto req = std::make_unique<request>();
    static request_reader reader;
    std::string path_buffer;
    head_error error;
    reader.reset();
    if (reader.check(head, head_limits(), error) != head_state::done) std::abort();
    if (!reader.build(head, *req, path_buffer, error)) std::abort();
    outcome out;
    while (out.consumed < in.size() && out.state == chunk_state::more) {
        std::size_t used = 0;
        out.state = reader.feed(in.substr(out.consumed, step), used, out.data, limit);
        out.consumed += used;
        if (used == 0) std::abort();
    }
    if (out.data.size() > limit) std::abort();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view in(reinterpret_cast<const char*>(data), size);
    const outcome whole = decode(in, size);
    if (!(decode(in, 1) == whole) || !(decode(in, 3) == whole)) std::abort();
    return 0;
}
