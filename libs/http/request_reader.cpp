#include "http/request_reader.hpp"

#include "http/grammar.hpp"
#include "http/target.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <limits>

namespace mita::http {

namespace {

namespace beast = boost::beast;
using beast_error = beast::http::error;
using boost::system::error_code;

std::string_view text_of(beast::string_view s) { return {s.data(), s.size()}; }

head_error bad_head(std::string_view rule, std::string_view detail) { return {400, rule, "malformed_request", detail}; }

// What Beast refused, in our rules' words. Framing was the guard's.
head_error fault_of(const error_code& ec, const char* target_fault) {
    if (ec == beast_error::bad_target)
        return bad_head("R14", target_fault != nullptr ? target_fault : "character not allowed in the target");
    if (ec == beast_error::bad_field) return bad_head("R2", "bad header name");
    if (ec == beast_error::bad_value) return bad_head("R1", "bad header value");
    if (ec == beast_error::bad_line_ending) return bad_head("R1", "carriage return without line feed");
    if (ec == beast_error::header_limit) return {431, "R13", "headers_too_large", "the header section is too large"};
    return bad_head("R1", "bad_head head");
}

std::optional<verb> verb_of(beast::http::verb v) {
    switch (v) {
        case beast::http::verb::get:
            return verb::get;
        case beast::http::verb::head:
            return verb::head;
        case beast::http::verb::post:
            return verb::post;
        case beast::http::verb::put:
            return verb::put;
        case beast::http::verb::patch:
            return verb::patch;
        case beast::http::verb::delete_:
            return verb::del;
        case beast::http::verb::options:
            return verb::options;
        default:
            return std::nullopt;
    }
}

constexpr std::string_view token_name = "Authorization: ";

// The line of a token, with its end: the longest of most heads, and nothing in it concerns framing. Its characters are
// looked at here, eight at a time, and Beast reads around it. Empty when there is none, it is written otherwise or not
// good: then Beast reads and judges it.
std::string_view token_line(std::string_view head) {
    std::size_t at = 0;
    do {
        at = head.find('\n', at) + 1;
        if (at == 0) return {};
    } while (head.substr(at, token_name.size()) != token_name);
    const std::string_view line = head.substr(at, head.find('\n', at) - at + 1);
    if (line.size() < token_name.size() + 2 || line.substr(line.size() - 2) != "\r\n") return {};
    return grammar::valid_value(line.substr(0, line.size() - 2)) ? line : std::string_view();
}

}  // namespace

struct request_reader::parser final : beast::http::basic_parser<true> {
    parser() {
        header_limit(std::numeric_limits<std::uint32_t>::max());  // the guard's
        body_limit(boost::none);                                  // set when a route has said its own
    }
    parser& operator=(parser&&) = default;
    std::uint64_t announced() const { return announced_; }
    void read_head(std::string_view head, error_code& ec) {
        const std::string_view token = token_line(head);
        if (token.empty()) {
            put(boost::asio::const_buffer(head.data(), head.size()), ec);
            return;
        }
        // With one byte of the token's line, which tells Beast that the line before is not folded.
        const auto before = static_cast<std::size_t>(token.data() - head.data());
        const std::size_t taken = put(boost::asio::const_buffer(head.data(), before + 1), ec);
        if (ec != beast_error::need_more || taken != before) {
            if (!ec) ec = beast_error::bad_field;
            return;
        }
        header h;
        h.name = token.substr(0, token_name.find(':'));
        h.value = grammar::trim(token.substr(token_name.size(), token.size() - token_name.size() - 2));
        if (!req->headers.add(h)) {
            ec = beast_error::header_limit;
            return;
        }
        const std::string_view rest = head.substr(before + token.size());
        put(boost::asio::const_buffer(rest.data(), rest.size()), ec);
    }
    chunk_state give(std::string_view what) {
        error_code ec;
        const std::size_t taken = put(boost::asio::const_buffer(what.data(), what.size()), ec);
        if (ec == beast_error::body_limit) return chunk_state::too_large;
        return ec || taken != what.size() ? chunk_state::bad : chunk_state::more;
    }

    request* req = nullptr;
    std::string* path_buffer = nullptr;
    std::string* body = nullptr;  // where data goes
    const char* target_fault = nullptr;

private:
    void on_request_impl(beast::http::verb method, beast::string_view, beast::string_view target, int version,
                         error_code& ec) override {
        const auto known = verb_of(method);
        if (!known) {
            ec = beast_error::bad_method;
            return;
        }
        target_parts parts;
        target_fault = http::parse_target(*known, text_of(target), parts, *path_buffer);
        if (target_fault != nullptr) {
            ec = beast_error::bad_target;
            return;
        }
        req->method = *known;
        req->target = parts.target;
        req->path = parts.path;
        req->query = parts.query;
        req->minor_version = version - 10;
        authority_ = parts.authority;
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, error_code& ec) override {
        header h;
        h.name = text_of(name);
        h.value = text_of(value);
        if (!req->headers.add(h)) ec = beast_error::header_limit;
    }
    void on_header_impl(error_code& ec) override {
        req->chunked = chunked();
        req->content_length.reset();
        if (const auto length = content_length()) req->content_length = *length;
        req->has_body = req->chunked || req->content_length.value_or(0) > 0;
        if (authority_.empty() || req->headers.replace("host", authority_)) return;  // RFC 9112 3.2.2: the target wins
        header h;
        h.name = "Host";
        h.value = authority_;
        if (!req->headers.add(h)) ec = beast_error::header_limit;
    }
    void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code&) override { announced_ = size; }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view data, error_code&) override {
        body->append(data.data(), data.size());
        return data.size();
    }
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view data, error_code&) override { return data.size(); }
    void on_finish_impl(error_code&) override {}

    std::string_view authority_;
    std::uint64_t announced_ = 0;
};

request_reader::request_reader() : parser_(std::make_unique<parser>()) {}
request_reader::~request_reader() = default;

void request_reader::reset() {
    guard_.reset();
    keep_alive_ = in_body_ = false;
}

void request_reader::glimpse(std::string_view bytes, request& req, std::string& path_buffer) {
    if (guard_.good() <= guard_.start()) return;
    head_error ignored;  // the fault is known already
    build(bytes.substr(0, guard_.good() + 1), req, path_buffer, ignored);
    req.chunked = req.has_body = false;
    req.content_length.reset();
}

bool request_reader::build(std::string_view bytes, request& req, std::string& path_buffer, head_error& error) {
    *parser_ = parser();
    parser& p = *parser_;
    p.req = &req;
    p.path_buffer = &path_buffer;
    req.headers.clear();
    const std::size_t n = std::min(guard_.size(), bytes.size()) - guard_.start();
    error_code ec;
    p.read_head(bytes.substr(guard_.start(), n), ec);
    if (ec) {
        error = fault_of(ec, p.target_fault);
        return false;
    }
    keep_alive_ = p.keep_alive() && !guard_.wants_close();
    return true;
}

chunk_state request_reader::feed(std::string_view in, std::size_t& consumed, std::string& out, std::uint64_t limit) {
    if (!in_body_) {
        in_body_ = true;
        chunks_.reset();
        parser_->body_limit(limit);
    }
    parser_->body = &out;
    return chunks_.feed(*parser_, in, consumed);
}

}  // namespace mita::http
