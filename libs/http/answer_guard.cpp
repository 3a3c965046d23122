#include "http/answer_guard.hpp"

#include "http/grammar.hpp"

#include <cstring>

namespace mita::http {

namespace {

using namespace grammar;

constexpr std::size_t max_head = 16 << 10;
constexpr unsigned max_headers = 100;
constexpr std::uint8_t max_interim = 8;
constexpr std::size_t longest_checked = 17;  // Transfer-Encoding

}  // namespace

head_state answer_guard::check(std::string_view bytes, const char*& fault) {
    fault = nullptr;
    for (;;) {
        const void* found =
            scanned_ < bytes.size() ? std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_) : nullptr;
        const auto end =
            found == nullptr ? bytes.size() : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        if (end >= max_head + (found == nullptr ? 1 : 0)) {
            fault = "the head is too large";
            return head_state::bad;
        }
        if (found == nullptr) {
            scanned_ = end;
            return head_state::more;
        }
        std::string_view line = bytes.substr(line_, end - line_);
        scanned_ = line_ = end + 1;
        if (line.empty() || line.back() != '\r') {
            fault = "line feed without carriage return";
            return head_state::bad;
        }
        line.remove_suffix(1);
        if (in_fields_ && line.empty()) {
            if (transfer_ && length_) fault = "Transfer-Encoding together with Content-Length";
            if (transfer_ && minor_version_ == 0) fault = "Transfer-Encoding in HTTP/1.0";
            return fault == nullptr ? head_state::done : head_state::bad;
        }
        fault = in_fields_ ? field(line) : status_line(line);
        if (fault != nullptr) return head_state::bad;
        in_fields_ = true;
    }
}

bool answer_guard::next_head() {
    if (interim_ == max_interim) return false;
    const auto interim = static_cast<std::uint8_t>(interim_ + 1);
    const std::size_t at = line_;
    reset();
    start_ = line_ = scanned_ = at;
    interim_ = interim;
    return true;
}

// Who speaks something else altogether is not waited for; the rest is Beast's to judge.
const char* answer_guard::status_line(std::string_view line) {
    if (line.size() < 8 || line.substr(0, 7) != "HTTP/1.") return "bad status line";
    minor_version_ = static_cast<char>(line[7] - '0');
    return nullptr;
}

const char* answer_guard::field(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return "folded header line";
    if (++fields_ > max_headers) return "too many headers";
    if (lower(line.front()) != 'c' && lower(line.front()) != 't') return nullptr;
    const std::size_t colon = line.substr(0, longest_checked + 1).find(':');
    if (colon != 10 && colon != 14 && colon != 17) return nullptr;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (iequals(name, "content-length")) {
        std::uint64_t n = 0;
        if (length_ || !parse_content_length(value, n)) return "bad Content-Length";
        length_ = true;
        content_ = n > 0;
    } else if (iequals(name, "transfer-encoding")) {
        if (transfer_ || classify_transfer_encoding(value) != transfer::chunked) return "bad Transfer-Encoding";
        transfer_ = true;
    } else if (iequals(name, "connection")) {
        close_ = close_ || lists(value, "close");
    }
    return nullptr;
}

}  // namespace mita::http
