#include "http/tls_stream.hpp"

#include "http/tls_context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::http {

namespace {

constexpr std::size_t most_of_record = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr std::size_t least_read = 1 << 10;  // of the socket at once: with less room, into a buffer of our own
constexpr std::size_t own_room = 4 << 10;

struct freed {
    void operator()(SSL* s) const { ::SSL_free(s); }
    void operator()(BIO_METHOD* m) const { ::BIO_meth_free(m); }
};

// What OpenSSL reads and writes through.
struct wire {
    // What came from the socket, until OpenSSL asks for it. It may stand where the plain text goes, so what OpenSSL has
    // no room for is moved away at once.
    void came(std::span<const char> bytes) { fresh = bytes; }
    bool empty() const { return fresh.empty() && kept.empty(); }
    std::size_t take(char* to, std::size_t room) {
        const std::span<const char> from = kept.empty() ? fresh : kept;
        const std::size_t n = std::min(room, from.size());
        std::memcpy(to, from.data(), n);
        std::vector<char> rest(from.begin() + static_cast<std::ptrdiff_t>(n), from.end());
        kept = std::move(rest);
        fresh = {};
        return n;
    }

    int fd = -1;
    std::span<const char> fresh;
    std::vector<char> kept;
};

wire& of(BIO* b) { return *static_cast<wire*>(::BIO_get_data(b)); }

int read_wire(BIO* b, char* to, std::size_t room, std::size_t* got) {
    ::BIO_clear_retry_flags(b);
    wire& w = of(b);
    if (w.empty()) {
        ::BIO_set_retry_read(b);
        return 0;
    }
    *got = w.take(to, room);
    return 1;
}

int write_wire(BIO* b, const char* data, std::size_t size, std::size_t* sent) {
    ::BIO_clear_retry_flags(b);
    const ssize_t n = ::send(of(b).fd, data, size, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ::BIO_set_retry_write(b);
        return 0;
    }
    *sent = static_cast<std::size_t>(n);
    return 1;
}

long control_wire(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* bio_over(wire& w) {
    static const std::unique_ptr<BIO_METHOD, freed> method = [] {
        std::unique_ptr<BIO_METHOD, freed> m(::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
        if (m == nullptr) throw std::bad_alloc();
        ::BIO_meth_set_read_ex(m.get(), read_wire);
        ::BIO_meth_set_write_ex(m.get(), write_wire);
        ::BIO_meth_set_ctrl(m.get(), control_wire);
        return m;
    }();
    BIO* const b = ::BIO_new(method.get());
    if (b == nullptr) throw std::bad_alloc();
    ::BIO_set_data(b, &w);
    ::BIO_set_init(b, 1);
    return b;
}

}  // namespace

struct tls_stream::impl {
    impl(tcp_socket& s, std::shared_ptr<tls_identity::context> by)
        : context(std::move(by)), socket(s), ssl(::SSL_new(context->of_openssl.native_handle())) {
        if (ssl == nullptr) throw std::bad_alloc();
        below.fd = socket.native_handle();
        BIO* const b = bio_over(below);
        ::SSL_set_bio(ssl.get(), b, b);
        ::SSL_set_accept_state(ssl.get());
    }

    // One call of OpenSSL; would_block: `wanted` is what to wait for.
    template <class Step>
    error_code tried(Step step) {
        if (::ERR_peek_error() != 0) ::ERR_clear_error();  // which goes through all of a queue that is empty, too
        errno = 0;
        const int r = step(ssl.get());
        if (r == 1) return {};
        switch (::SSL_get_error(ssl.get(), r)) {
            case SSL_ERROR_WANT_READ:
                wanted = tcp_socket::wait_read;
                return asio::error::would_block;
            case SSL_ERROR_WANT_WRITE:
                wanted = tcp_socket::wait_write;
                return asio::error::would_block;
            case SSL_ERROR_ZERO_RETURN:
                return asio::error::eof;
            case SSL_ERROR_SYSCALL:
                broken = true;
                return {errno != 0 ? errno : EPIPE, boost::system::system_category()};
            default:
                broken = true;
                return {static_cast<int>(::ERR_get_error()), asio::error::get_ssl_category()};
        }
    }

    // Where to read the socket's bytes to: where the plain text goes, when that is room enough.
    std::span<char> room_for_wire(std::span<char> plain) {
        if (plain.size() >= least_read) return plain.first(std::min(plain.size(), most_of_record));
        if (own == nullptr) own = std::make_unique_for_overwrite<char[]>(own_room);
        return {own.get(), own_room};
    }
    bool holds() const { return !below.empty() || ::SSL_has_pending(ssl.get()) == 1; }
    void came(std::span<const char> bytes, const error_code& ec) {
        if (!ec) return below.came(bytes);
        broken = broken || (ec != asio::error::operation_aborted && ec != asio::error::would_block);
    }

    std::shared_ptr<tls_identity::context> context;
    tcp_socket& socket;
    wire below;
    std::unique_ptr<char[]> own;
    std::unique_ptr<SSL, freed> ssl;
    tcp_socket::wait_type wanted = tcp_socket::wait_read;
    bool broken = false;  // then nothing is said any more (SSL_shutdown(3))
};

tls_stream::tls_stream(tcp_socket& under, const tls_identity& who)
    : impl_(std::make_unique<impl>(under, who.current())) {}

tls_stream::~tls_stream() = default;

// Until `step` is done or fails. `plain`: where what it gives goes; at_once: it may have to do without the socket.
template <class Step>
awaitable<void> tls_stream::waiting(Step step, bool at_once, std::span<char> plain, error_code& ec) {
    impl& i = *impl_;
    i.wanted = tcp_socket::wait_read;
    ec = at_once ? i.tried(step) : asio::error::would_block;
    while (ec == asio::error::would_block) {
        ec.clear();
        if (i.wanted == tcp_socket::wait_write) {
            co_await i.socket.async_wait(i.wanted, to(ec));
        } else {
            const std::span<char> in = i.room_for_wire(plain);
            const std::size_t n = co_await i.socket.async_read_some(asio::buffer(in.data(), in.size()), to(ec));
            i.came(in.first(n), ec);
        }
        if (!ec) ec = i.tried(step);
    }
    i.own.reset();
}

awaitable<void> tls_stream::handshake(error_code& ec) {
    co_await waiting([](SSL* s) { return ::SSL_do_handshake(s); }, true, {}, ec);
}

std::size_t tls_stream::read_now(char* to_here, std::size_t room, error_code& ec) {
    impl& i = *impl_;
    std::size_t got = 0;
    const auto step = [&](SSL* s) { return ::SSL_read_ex(s, to_here, room, &got); };
    ec = i.tried(step);
    if (ec == asio::error::would_block && i.wanted == tcp_socket::wait_read) {
        const std::span<char> in = i.room_for_wire({to_here, room});
        const std::size_t n = i.socket.read_some(asio::buffer(in.data(), in.size()), ec);
        i.came(in.first(n), ec);
        if (!ec) ec = i.tried(step);
        i.own.reset();
    }
    return ec ? 0 : got;
}

awaitable<void> tls_stream::read_some(char* to_here, std::size_t room, std::size_t& got, error_code& ec) {
    const auto step = [to_here, room, &got](SSL* s) { return ::SSL_read_ex(s, to_here, room, &got); };
    return waiting(step, impl_->holds(), {to_here, room}, ec);
}

// One record of what is there: several would be as many system calls.
std::size_t tls_stream::write_now(buffer_span data, error_code& ec) {
    std::array<char, most_of_record> joined;
    const char* bytes = static_cast<const char*>(data.front().data());
    std::size_t size = data.front().size();
    if (data.size() > 1 && size < most_of_record) {
        size = 0;
        for (const auto& b : data) {
            const std::size_t n = std::min(b.size(), most_of_record - size);
            std::memcpy(joined.data() + size, b.data(), n);
            size += n;
        }
        bytes = joined.data();
    }
    std::size_t sent = 0;
    ec = impl_->tried([&](SSL* s) { return ::SSL_write_ex(s, bytes, std::min(size, most_of_record), &sent); });
    return ec ? 0 : sent;
}

awaitable<void> tls_stream::shutdown(error_code& ec) {
    if (impl_->broken) {
        ec = asio::error::connection_aborted;
        co_return;
    }
    // 0: ours is sent, theirs not here yet.
    const auto step = [](SSL* s) {
        const int r = ::SSL_shutdown(s);
        return r == 0 ? ::SSL_shutdown(s) : r;
    };
    co_await waiting(step, true, {}, ec);
}

}  // namespace mita::http
