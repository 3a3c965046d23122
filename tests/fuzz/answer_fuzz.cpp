// Any bytes as an upstream's answer: no fault, views inside what is handed over, the same answer in one piece and cut.
#include "http/answer_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace mita::http;
using state = answer_reader::state;

namespace {

void require(bool good) {
    if (!good) std::abort();
}

struct outcome {
    state end = state::more;
    unsigned status = 0;
    std::string headers, body;
    bool reusable = false;
    bool operator==(const outcome&) const = default;
};

outcome read(std::string_view in, std::size_t step, verb method) {
    static answer_reader reader(100);  // so that the bound is reached
    static client_response out;
    outcome o;
    reader.begin(method, out);
    const std::size_t all = in.size();
    while (!in.empty() && o.end == state::more) {
        const std::span<char> room = reader.room();
        require(!room.empty());
        const std::size_t n = std::min({room.size(), in.size(), step});
        std::copy_n(in.data(), n, room.data());
        in.remove_prefix(n);
        o.end = reader.took(n);
    }
    const bool came = o.end != state::more;
    if (!came) o.end = reader.ended();
    if (o.end != state::done) return o;
    require(out.status >= 200 && out.status < 600 && out.body.size() <= 100 && out.headers.size() <= 100);
    require(out.body.size() <= all);
    const std::string_view whole = out.buffer;
    const auto within = [whole](std::string_view v) {
        return v.data() >= whole.data() && v.data() + v.size() <= whole.data() + whole.size();
    };
    for (const header& h : out.headers) {
        require(within(h.name) && within(h.value));
        o.headers.append(h.name).append(h.value);
    }
    o.status = out.status;
    o.body = out.body;
    // Cut where the answer ends nobody has seen yet what comes behind.
    o.reusable = reader.reusable() && in.empty();
    require(!o.reusable || came);
    return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view in(reinterpret_cast<const char*>(data), size);
    for (const verb method : {verb::get, verb::head}) {
        const outcome whole = read(in, std::max<std::size_t>(size, 1), method);
        require(read(in, 1, method) == whole);
        require(read(in, 7, method) == whole);
    }
    return 0;
}
