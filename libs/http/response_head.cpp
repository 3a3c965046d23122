#include "http/response_head.hpp"

#include "http/grammar.hpp"

namespace mita::http {

namespace {

using namespace grammar;

constexpr std::size_t max_head = 16 << 10;
constexpr int max_interim = 8;

struct framing {
    bool length = false, transfer = false, close = false, keep = false;
    std::uint64_t content_length = 0;
};

const char* status_line(std::string_view line, response_head& out) {
    // HTTP/1.x SP 3DIGIT SP reason
    if (line.size() < 13 || line.substr(0, 7) != "HTTP/1." || (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
        !all(line.substr(9, 3), digit) || line[12] != ' ' || !valid_value(line.substr(13)))
        return "bad status line";
    out.minor_version = line[7] - '0';
    out.status = static_cast<unsigned>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
    return out.status < 100 || out.status > 599 ? "bad status" : nullptr;
}

const char* field(std::string_view line, framing& f, header_list& headers) {
    header h;
    if (split_field(line, h.name, h.value) != line_fault::none) return "bad header";
    if (!headers.add(h)) return "too many headers";
    const std::size_t n = h.name.size();
    if (n == 14 && iequals(h.name, "content-length")) {
        if (f.length || !parse_content_length(h.value, f.content_length)) return "bad Content-Length";
        f.length = true;
    } else if (n == 17 && iequals(h.name, "transfer-encoding")) {
        if (f.transfer || classify_transfer_encoding(h.value) != transfer::chunked) return "bad Transfer-Encoding";
        f.transfer = true;
    } else if (n == 10 && iequals(h.name, "connection")) {
        f.close = f.close || lists(h.value, "close");
        f.keep = f.keep || lists(h.value, "keep-alive");
    }
    return nullptr;
}

const char* decide(verb method, const framing& f, response_head& out) {
    if (f.transfer && f.length) return "Transfer-Encoding together with Content-Length";
    if (f.transfer && out.minor_version == 0) return "Transfer-Encoding in HTTP/1.0";
    out.keep_alive = out.minor_version == 1 ? !f.close : f.keep && !f.close;
    out.kind = body_kind::none;
    out.content_length = 0;
    if (out.status < 200 || out.status == 204 || out.status == 304 || method == verb::head) {
        // A body announced where none can be: its bytes may follow all the same, so the connection is not trusted
        // further.
        const bool announced = f.transfer || (f.length && f.content_length > 0);
        if (announced && out.status != 304 && method != verb::head) out.keep_alive = false;
        return nullptr;
    }
    if (f.transfer) {
        out.kind = body_kind::chunked;
    } else if (f.length) {
        out.kind = body_kind::length;
        out.content_length = f.content_length;
    } else {
        out.kind = body_kind::until_close;
        out.keep_alive = false;
    }
    return nullptr;
}

}  // namespace

head_state read_response_head(std::string_view bytes, verb method, response_head& out, header_list& headers,
                              const char*& fault) {
    std::size_t at = 0;
    int interim = 0;
    bool first = true;
    framing f;
    headers.clear();
    for (;;) {
        const std::size_t end = bytes.find('\n', at);
        if (end == std::string_view::npos) {
            fault = "the head is too large";
            return bytes.size() > max_head ? head_state::bad : head_state::more;
        }
        if (end >= max_head) {
            fault = "the head is too large";
            return head_state::bad;
        }
        if (end == at || bytes[end - 1] != '\r') {
            fault = "line feed without carriage return";
            return head_state::bad;
        }
        const std::string_view line = bytes.substr(at, end - 1 - at);
        at = end + 1;
        if (first) {
            fault = status_line(line, out);
            first = false;
        } else if (!line.empty()) {
            fault = field(line, f, headers);
        } else {
            fault = decide(method, f, out);
            if (fault == nullptr && out.status == 101) fault = "the upstream switched protocols";
            if (fault == nullptr && out.status >= 200) {
                out.size = at;
                return head_state::done;
            }
            if (fault == nullptr && ++interim > max_interim) fault = "too many interim answers";
            first = true;
            f = framing();
            headers.clear();
        }
        if (fault != nullptr) return head_state::bad;
    }
}

}  // namespace mita::http
