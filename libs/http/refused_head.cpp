#include "http/refused_head.hpp"

#include "http/grammar.hpp"
#include "http/message.hpp"

namespace mita::http {

std::string_view field_in_refused(std::string_view bytes, std::string_view name) {
    bool in_fields = false;
    for (;;) {
        const std::size_t end = bytes.find('\n');
        if (end == std::string_view::npos) return {};
        std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) {
            if (in_fields) return {};
            continue;  // before the request line
        }
        std::string_view called, value;
        if (in_fields && grammar::split_field(line, called, value) == grammar::line_fault::none &&
            iequals(called, name))
            return value;
        in_fields = true;
    }
}

}  // namespace mita::http
