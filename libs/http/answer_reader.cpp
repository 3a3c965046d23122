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
    const header_list before = headers;
    headers.clear();
    for (header h : before) {
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
    method_ = method;
    out.clear();
    out_ = &out;
    guard_.reset();
    have_ = 0;
    head_done_ = reusable_ = false;
}

std::span<char> answer_reader::room() {
    if (have_ == 0 && in_.size() < first_room) {
        grow(first_room);
    } else if (have_ == in_.size()) {
        const std::size_t most = max_body_ + head_room;
        if (have_ >= most) return {};
        grow(std::min(have_ * 2, most));
    }
    return {in_.data() + have_, in_.size() - have_};
}

// The headers' views go along.
void answer_reader::grow(std::size_t size) {
    if (size <= in_.capacity()) return in_.resize(size);
    std::string more;
    more.reserve(size);
    more.append(in_.data(), have_).resize(size);
    if (head_done_) rebase(out_->headers, in_.data(), more.data());
    in_ = std::move(more);
}

answer_reader::state answer_reader::took(std::size_t n) {
    have_ += n;
    if (head_done_) return read_body(n);
    const state head = read_head();
    if (head != state::done) return head;
    return read_body(have_ - guard_.size());
}

// Up to the head of the final answer.
answer_reader::state answer_reader::read_head() {
    const char* fault = nullptr;
    for (;;) {
        const head_state seen = guard_.check(held(), fault);
        if (seen == head_state::more) return state::more;
        if (seen == head_state::bad) return state::bad;
        *parser_ = parser(method_, max_body_);
        parser_->out = out_;
        error_code ec;
        const std::string_view head = held().substr(guard_.start(), guard_.size() - guard_.start());
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
        decoded_.assign(in_, 0, guard_.size());
        if (in_.size() - guard_.size() < least_room) grow(in_.size() + first_room);
    } else if (const auto length = parser_->content_length()) {
        const std::size_t whole = guard_.size() + static_cast<std::size_t>(*length);
        if (in_.size() < whole && whole <= kept_room) grow(whole);
    }
    return state::done;
}

// fresh: how many of the bytes at the end of what is held are new.
answer_reader::state answer_reader::read_body(std::size_t fresh) {
    const std::size_t head = guard_.size();
    std::size_t used = 0;
    if (chunked_) {  // Beast is done before the trailers are
        parser_->body = &decoded_;
        const chunk_state s = chunks_.feed(*parser_, held().substr(have_ - fresh), used);
        if (s == chunk_state::bad) return state::bad;
        if (s == chunk_state::too_large) return state::too_large;
        have_ = head;  // the raw bytes have been taken over
        if (s == chunk_state::more) return state::more;
        reusable_ = keep_alive_ && used == fresh;
        rebase(out_->headers, in_.data(), decoded_.data());
        in_.swap(decoded_);
        return deliver(in_.size() - head);
    }
    if (!parser_->is_done() && fresh > 0) {
        error_code ec;
        used = parser_->put(boost::asio::const_buffer(in_.data() + (have_ - fresh), fresh), ec);
        if (ec == beast_error::body_limit) return state::too_large;
        if (ec) return state::bad;
    }
    if (!parser_->is_done()) return state::more;
    reusable_ = keep_alive_ && used == fresh;  // more: nobody asked for it (R16)
    return deliver(have_ - head - (fresh - used));
}

answer_reader::state answer_reader::ended() {
    if (!head_done_ || !parser_->need_eof()) return state::more;
    error_code ec;
    parser_->put_eof(ec);
    return ec ? state::bad : deliver(have_ - guard_.size());
}

// The bytes become the caller's, its old buffer ours.
answer_reader::state answer_reader::deliver(std::size_t body) {
    out_->buffer.swap(in_);
    out_->body = std::string_view(out_->buffer).substr(guard_.size(), body);
    if (in_.capacity() > kept_room) in_ = std::string();
    if (decoded_.capacity() > kept_room) decoded_ = std::string();
    have_ = 0;
    head_done_ = false;
    out_ = nullptr;
    return state::done;
}

}  // namespace mita::http
