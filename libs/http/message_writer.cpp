#include "http/message_writer.hpp"

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>

#include <array>
#include <optional>

namespace mita::http {

namespace {

namespace beast = boost::beast;
using boost::asio::const_buffer;

constexpr std::size_t most_joined = 4 << 10;  // copying so little costs less than gathering does

// What Beast asks of any Fields: the framing that its message was told.
class framing_fields {
public:
    beast::string_view get_method_impl() const { return {}; }
    beast::string_view get_target_impl() const { return {}; }
    beast::string_view get_reason_impl() const { return {}; }
    bool get_chunked_impl() const { return framing.chunked; }
    bool get_keep_alive_impl(unsigned) const { return framing.keep_alive; }
    bool has_content_length_impl() const { return framing.length.has_value(); }
    void set_method_impl(beast::string_view) {}
    void set_target_impl(beast::string_view) {}
    void set_reason_impl(beast::string_view) {}
    void set_chunked_impl(bool on) { framing.chunked = on; }
    void set_content_length_impl(const boost::optional<std::uint64_t>& n) {
        framing.length.reset();
        if (n) framing.length = *n;
    }
    void set_keep_alive_impl(unsigned, bool on) { framing.keep_alive = on; }

protected:
    answer_framing framing;
};

struct ready_fields : framing_fields {
    std::string_view head;

    class writer {
    public:
        using const_buffers_type = const_buffer;
        writer(const ready_fields& f, unsigned, beast::http::verb) : head_(f.head) {}
        const_buffers_type get() const { return {head_.data(), head_.size()}; }

    private:
        std::string_view head_;
    };
};

struct answer_fields : framing_fields {
    const response* res = nullptr;
    const request* req = nullptr;
    answer_facts facts;
    std::string* text = nullptr;  // where the head is written
    std::string_view behind;      // a small body, in one piece with the head
    bool head_only = false;       // to a HEAD: no chunks follow, whatever the head says

    bool get_chunked_impl() const { return framing.chunked && !head_only; }

    class writer {
    public:
        using const_buffers_type = const_buffer;
        writer(const answer_fields& f, unsigned, unsigned) : head_(*f.text) {
            answer_facts told = f.facts;
            told.framing = f.framing;
            f.text->clear();
            write_head(*f.text, *f.res, *f.req, told);
            f.text->append(f.behind);
        }
        const_buffers_type get() const { return {head_.data(), head_.size()}; }

    private:
        const std::string& head_;
    };
};

// A message on its way: one at a time, in place.
template <bool is_request, class Fields>
class outgoing {
public:
    using message = beast::http::message<is_request, beast::http::buffer_body, Fields>;

    message& begin() {
        serializer_.reset();
        message_.emplace();
        message_->body().more = false;
        return *message_;
    }
    void start() { serializer_.emplace(*message_); }
    // buffer_body serves reading too, so its pointer is not const; nothing is written through it here.
    void body(std::string_view data, bool more) {
        auto& b = message_->body();
        b.data = data.empty() ? nullptr : const_cast<char*>(data.data());
        b.size = data.size();
        b.more = more;
    }
    buffer_span left() {
        count_ = 0;
        if (!serializer_->is_done()) {
            boost::system::error_code ec;
            serializer_->next(ec, [this](boost::system::error_code& e, const auto& buffers) {
                e = {};
                for (const const_buffer b : beast::buffers_range_ref(buffers))
                    if (b.size() > 0) pieces_[count_++] = b;
            });
            // Else it wants the next piece of the body.
        }
        return {pieces_.data(), count_};
    }
    void sent(std::size_t n) { serializer_->consume(n); }

private:
    std::optional<message> message_;
    std::optional<beast::http::serializer<is_request, beast::http::buffer_body, Fields>> serializer_;
    std::array<const_buffer, 9> pieces_;  // as many as a serializer ever gives
    std::size_t count_ = 0;
};

}  // namespace

struct answer_writer::impl {
    outgoing<false, answer_fields> out;
    std::string head, joined;
    const_buffer one;
};

answer_writer::answer_writer() : impl_(std::make_unique<impl>()) {}
answer_writer::~answer_writer() = default;

void answer_writer::begin(const response& res, const request& req, const answer_facts& facts) {
    auto& m = impl_->out.begin();
    m.version(facts.minor_version == 1 ? 11 : 10);
    m.result(res.status);
    m.keep_alive(facts.framing.keep_alive);
    const bool body = may_have_body(res.status);
    if (body && res.stream == nullptr) m.content_length(res.body.size());
    if (body && res.stream != nullptr && facts.minor_version == 1) m.chunked(true);
    m.res = &res;
    m.req = &req;
    m.facts = facts;
    m.text = &impl_->head;
    m.head_only = req.method == verb::head;
    const bool joined = res.stream == nullptr && res.body.size() <= most_joined;
    if (body && !m.head_only && joined) m.behind = res.body;
    if (body && !m.head_only && !joined) impl_->out.body(res.body, res.stream != nullptr);
    impl_->out.start();
}

void answer_writer::piece(std::string_view data) { impl_->out.body(data, !data.empty()); }

buffer_span answer_writer::left() {
    const buffer_span all = impl_->out.left();
    std::size_t total = 0;
    for (const const_buffer& b : all) total += b.size();
    if (all.size() < 2 || total > most_joined) return all;
    std::string& joined = impl_->joined;
    joined.clear();
    for (const const_buffer& b : all) joined.append(static_cast<const char*>(b.data()), b.size());
    impl_->one = boost::asio::buffer(joined);
    return {&impl_->one, 1};
}

void answer_writer::sent(std::size_t n) { impl_->out.sent(n); }

struct request_writer::impl {
    outgoing<true, ready_fields> out;
};

request_writer::request_writer() : impl_(std::make_unique<impl>()) {}
request_writer::~request_writer() = default;

void request_writer::begin(std::string_view head, std::string_view body) {
    impl_->out.begin().head = head;
    impl_->out.body(body, false);
    impl_->out.start();
}

buffer_span request_writer::left() { return impl_->out.left(); }
void request_writer::sent(std::size_t n) { impl_->out.sent(n); }

}  // namespace mita::http
