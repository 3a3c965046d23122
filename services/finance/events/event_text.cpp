#include "finance/events/event_text.hpp"

namespace mita::finance {

void append_change(std::string& out, std::string_view id, std::string_view entry) {
    out += "event: change\n";
    if (!id.empty()) out.append("id: ").append(id).append("\n");
    out.append("data: ").append(entry).append("\n\n");
}

std::string hello_text(unsigned retry_ms) { return "retry: " + std::to_string(retry_ms) + "\n\n"; }

std::string farewell_text(std::string_view reason, unsigned retry_ms) {
    return "event: end\nretry: " + std::to_string(retry_ms) + "\ndata: {\"reason\":\"" + std::string(reason) +
           "\"}\n\n";
}

}  // namespace mita::finance
