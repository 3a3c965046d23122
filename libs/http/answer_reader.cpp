#include "http/answer_reader.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <limits>

namespace mita::http {

namespace {

namespace beast = boost::beast;
using beast_error = beast::http::error;
using boost::system::error_code;

constexpr std::size_t first_room = 8 << 10, least_room = 2 << 10;
constexpr std::size_t kept_room = 64 << 10;  // a buffer larger than this is not kept for the next answer
constexpr std::size_t head_room = 17 << 10;

std::string_view view(beast::string_view s) { return {s.data(), s.size()}; }

// The bytes that the views point into lie at `to` now, in the same order as at `from`.
void rebase(header_list& headers, const char* from, const char* to) {
    const auto moved = [from, to](std::string_view v) { return std::string_view(to + (v.data() - from), v.size()); };
    const std::span<const header> all(headers.begin(), headers.end());
    headers.clear();  // each is read before it is written again, in the same place
    for (header h : all) {
        h.name = moved(h.name);
        h.value = moved(h.value);
        headers.add(h);
    }
}

}  // namespace

void client_response::clear() {
    status = 0;
    headers.clear();
    body = {};
    if (buffer.capacity() > kept_room) buffer = std::string();  // else as it is: its bytes are overwritten
}

struct answer_reader::parser final : beast::http::basic_parser<false> {
    parser(verb method, std::uint64_t limit) {
        header_limit(std::numeric_limits<std::uint32_t>::max());  // the guard's
        body_limit(limit);
        skip(method == verb::head);
    }
    parser& operator=(parser&&) = default;
    std::uint64_t announced() const { return announced_; }
    chunk_state give(std::string_view what) {
        error_code ec;
        const std::size_t taken = put(boost::asio::const_buffer(what.data(), what.size()), ec);
        if (ec == beast_error::body_limit) return chunk_state::too_large;
        return ec || taken != what.size() ? chunk_state::bad : chunk_state::more;
    }

    client_response* out = nullptr;
    std::string* body = nullptr;  // where chunks' data goes

private:
    void on_response_impl(int code, beast::string_view, int, error_code& ec) override {
        if (code < 100 || code > 599 || code == 101) ec = beast_error::bad_status;
        out->status = static_cast<unsigned>(code);
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, error_code& ec) override {
        header h;
        h.name = view(name);
        h.value = view(value);
        if (!out->headers.add(h)) ec = beast_error::header_limit;
    }
    void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code&) override { announced_ = size; }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view data, error_code&) override {
        body->append(data.data(), data.size());
        return data.size();
    }
    std::size_t on_body_impl(beast::string_view data, error_code&) override { return data.size(); }  // where it lies
    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    void on_finish_impl(error_code&) override {}

    std::uint64_t announced_ = 0;
};

answer_reader::answer_reader(std::size_t max_body)
    : max_body_(max_body), parser_(std::make_unique<parser>(verb::get, max_body)) {}
answer_reader::~answer_reader() = default;

void answer_reader::begin(verb method, client_response& out) {
    in_.consume(in_.size());
    if (in_.room() > kept_room) in_.shrink();
    expect(method, out);
}

void answer_reader::begin_streamed(client_response& out) {
    begin(verb::get, out);
    streamed_ = true;
}

void answer_reader::follow(verb method, client_response& out) {
    in_.consume(in_.size() - behind_);
    expect(method, out);
}

void answer_reader::expect(verb method, client_response& out) {
    method_ = method;
    out.clear();
    out_ = &out;
    guard_.reset();
    behind_ = 0;
    head_done_ = chunked_ = keep_alive_ = streamed_ = false;
}

std::span<char> answer_reader::room() {
    const std::size_t held = in_.size(), most = max_body_ + head_room;
    if (in_.room() > 0) return space(in_.room());
    if (held >= most) return {};
    return space(held == 0 ? first_room : std::min(held, most - held));
}

// The headers' views go along when what is held must move.
std::span<char> answer_reader::space(std::size_t n) {
    const char* const before = in_.view().data();
    room_ = in_.space(n);
    const char* const now = in_.view().data();
    if (head_done_ && now != before) rebase(out_->headers, before, now);
    return {room_, n};
}

answer_reader::state answer_reader::took(std::size_t n) {
    if (head_done_ && chunked_) return read_body({room_, n}, false);
    in_.commit(n);
    if (head_done_) return read_body({room_, n}, true);
    const state head = read_head();
    if (head != state::done) return head;
    if (streamed_ && chunked_ && out_->status == 200) return open();
    return read_body(in_.view().substr(guard_.size()), true);
}

// Up to the head of the final answer.
answer_reader::state answer_reader::read_head() {
    const char* fault = nullptr;
    for (;;) {
        const head_state seen = guard_.check(in_.view(), fault);
        if (seen == head_state::more) return state::more;
        if (seen == head_state::bad) return state::bad;
        *parser_ = parser(method_, max_body_);
        parser_->out = out_;
        error_code ec;
        const std::string_view head = in_.view().substr(guard_.start(), guard_.size() - guard_.start());
        parser_->put(boost::asio::const_buffer(head.data(), head.size()), ec);
        if (ec == beast_error::body_limit) return state::too_large;
        if (ec) return state::bad;
        if (out_->status >= 200) break;
        out_->headers.clear();
        if (!guard_.next_head()) return state::bad;
    }
    head_done_ = true;
    keep_alive_ = parser_->keep_alive() && !guard_.wants_close();
    if (out_->status == 204 && method_ != verb::head && guard_.announces_body())
        keep_alive_ = false;  // its bytes may follow all the same
    chunked_ = parser_->chunked() && !parser_->is_done();
    if (parser_->is_done()) return state::done;
    if (chunked_) {
        chunks_.reset();
        out_->buffer.assign(in_.view(), 0, guard_.size());
        if (in_.room() < least_room) space(first_room);
    } else if (const auto length = parser_->content_length()) {
        const std::size_t whole = guard_.size() + static_cast<std::size_t>(*length);
        if (in_.size() < whole && whole <= kept_room) space(std::max(in_.room(), whole - in_.size()));
    }
    return state::done;
}

// The body has no bound: whoever takes the pieces has one of what waits.
answer_reader::state answer_reader::open() {
    client_response& out = *out_;
    parser_->body_limit(boost::none);
    rebase(out.headers, in_.view().data(), out.buffer.data());
    out.body = {};
    out_ = nullptr;
    in_.consume(guard_.size());
    return state::opened;
}

answer_reader::state answer_reader::first_piece(std::string& to) {
    const state s = in_.size() == 0 ? state::more : piece(in_.view(), to);
    in_.consume(in_.size());
    in_.shrink();
    return s;
}

answer_reader::state answer_reader::piece(std::string_view fresh, std::string& to) {
    std::size_t used = 0;
    parser_->body = &to;
    switch (chunks_.feed(*parser_, fresh, used)) {
        case chunk_state::more:
            return state::more;
        case chunk_state::done:
            return state::done;
        case chunk_state::bad:
        case chunk_state::too_large:
            break;
    }
    return state::bad;
}

// fresh: what came since the last call; kept: in_ has it.
answer_reader::state answer_reader::read_body(std::string_view fresh, bool kept) {
    std::size_t used = 0;
    if (chunked_) {  // Beast is done before the trailers are
        parser_->body = &out_->buffer;
        const chunk_state s = chunks_.feed(*parser_, fresh, used);
        if (s == chunk_state::bad) return state::bad;
        if (s == chunk_state::too_large) return state::too_large;
        if (s == chunk_state::more) return state::more;
    } else if (!parser_->is_done()) {
        error_code ec;
        if (!fresh.empty()) used = parser_->put(boost::asio::const_buffer(fresh.data(), fresh.size()), ec);
        if (ec == beast_error::body_limit) return state::too_large;
        if (ec) return state::bad;
        if (!parser_->is_done()) return state::more;
    }
    behind_ = fresh.size() - used;  // unless it was asked for, nobody's (R16)
    if (behind_ > 0 && !kept) in_.commit(fresh.size());
    return deliver();
}

answer_reader::state answer_reader::ended() {
    if (!head_done_ || !parser_->need_eof()) return state::more;
    error_code ec;
    parser_->put_eof(ec);
    return ec ? state::bad : deliver();
}

answer_reader::state answer_reader::deliver() {
    client_response& out = *out_;
    if (!chunked_) out.buffer.assign(in_.view(), 0, in_.size() - behind_);
    rebase(out.headers, in_.view().data(), out.buffer.data());
    out.body = std::string_view(out.buffer).substr(guard_.size());
    out_ = nullptr;
    return state::done;
}

}  // namespace mita::http
