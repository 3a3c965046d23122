// Any bytes as a chunked body: bounded, the same in one piece and cut, and the data never more than the limit.
#include "http/head_guard.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using mita::http::chunk_decoder;

namespace {

struct outcome {
    chunk_decoder::state state = chunk_decoder::state::more;
    std::string data;
    std::size_t consumed = 0;
    bool operator==(const outcome&) const = default;
};

constexpr std::uint64_t limit = 100;

outcome decode(std::string_view in, std::size_t step) {
    chunk_decoder decoder;
    outcome out;
    while (out.consumed < in.size() && out.state == chunk_decoder::state::more) {
        std::size_t used = 0;
        out.state = decoder.feed(in.substr(out.consumed, step), used, out.data, limit);
        out.consumed += used;
        if (used == 0) std::abort();
    }
    if (out.data.size() > limit || decoder.total() > limit) std::abort();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view in(reinterpret_cast<const char*>(data), size);
    const outcome whole = decode(in, size);
    if (!(decode(in, 1) == whole) || !(decode(in, 3) == whole)) std::abort();
    return 0;
}
