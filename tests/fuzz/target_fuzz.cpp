// Any bytes as a request target: what is accepted is in normal form (R14), and normalising again changes nothing.
#include "core/error.hpp"
#include "http/message.hpp"
#include "http/target.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace mita::http;

namespace {

void require(bool good) {
    if (!good) std::abort();
}

bool contains(std::string_view s, std::string_view what) { return s.find(what) != std::string_view::npos; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string raw(reinterpret_cast<const char*>(data), size);
    for (const verb method : {verb::get, verb::options}) {
        target_parts parts, again;
        std::string buffer, buffer_again;
        if (parse_target(method, raw, parts, buffer) != nullptr) continue;
        const std::string path(parts.path);
        if (path == "*") {
            require(method == verb::options);
            continue;
        }
        require(!path.empty() && path.front() == '/');
        for (const char c : path) require(c > 0x20 && c < 0x7f && c != '\\' && c != '?' && c != '#');
        for (const char* bad : {"//", "/./", "/../", "%2F", "%2f", "%5C", "%00", "%2E", "%2e"})
            require(!contains(path, bad));
        require(!path.ends_with("/.") && !path.ends_with("/.."));
        for (const char c : parts.query) require(c > 0x20 && c < 0x7f && c != '#');
        require(parse_target(method, path, again, buffer_again) == nullptr);
        require(again.path == path);
        static_cast<void>(percent_decode(parts.query, true));
        try {
            query_params params(parts.query);
        } catch (const mita::api_error&) {
        }
    }
    return 0;
}
