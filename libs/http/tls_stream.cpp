#include "http/tls_stream.hpp"

#include "http/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace mita::http {

namespace {

constexpr std::size_t most_of_record = SSL3_RT_MAX_PLAIN_LENGTH;

struct freed {
    void operator()(SSL* s) const { ::SSL_free(s); }
};

}  // namespace

struct tls_stream::impl {
    impl(tcp_socket& s, std::shared_ptr<tls_identity::context> by)
        : context(std::move(by)), socket(s), ssl(::SSL_new(context->of_openssl.native_handle())) {
        if (ssl == nullptr || ::SSL_set_fd(ssl.get(), socket.native_handle()) != 1) throw std::bad_alloc();
        ::SSL_set_accept_state(ssl.get());
    }

    // What OpenSSL said by its return value; would_block: `wanted` is what to wait for.
    error_code said(int r) {
        switch (::SSL_get_error(ssl.get(), r)) {
            case SSL_ERROR_NONE:
                return {};
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

    std::shared_ptr<tls_identity::context> context;
    tcp_socket& socket;
    std::unique_ptr<SSL, freed> ssl;
    tcp_socket::wait_type wanted = tcp_socket::wait_read;
    bool broken = false;  // then nothing is said any more (SSL_shutdown(3))
};

tls_stream::tls_stream(tcp_socket& under, const tls_identity& who)
    : impl_(std::make_unique<impl>(under, who.current())) {}

tls_stream::~tls_stream() = default;

// Until `step` is done or fails.
template <class Step>
awaitable<void> tls_stream::waiting(Step step, error_code& ec) {
    for (;;) {
        ::ERR_clear_error();
        errno = 0;
        ec = impl_->said(step(impl_->ssl.get()));
        if (ec != asio::error::would_block) co_return;
        ec.clear();
        co_await impl_->socket.async_wait(impl_->wanted, to(ec));
        if (ec) co_return;
    }
}

awaitable<void> tls_stream::handshake(error_code& ec) {
    co_await waiting([](SSL* s) { return ::SSL_do_handshake(s); }, ec);
}

std::size_t tls_stream::read_now(char* to_here, std::size_t room, error_code& ec) {
    std::size_t got = 0;
    ::ERR_clear_error();
    errno = 0;
    ec = impl_->said(::SSL_read_ex(impl_->ssl.get(), to_here, room, &got));
    return ec ? 0 : got;
}

awaitable<std::size_t> tls_stream::read_some(char* to_here, std::size_t room, error_code& ec) {
    std::size_t got = 0;
    co_await waiting([&](SSL* s) { return ::SSL_read_ex(s, to_here, room, &got); }, ec);
    co_return ec ? 0 : got;
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
    ::ERR_clear_error();
    errno = 0;
    ec = impl_->said(::SSL_write_ex(impl_->ssl.get(), bytes, std::min(size, most_of_record), &sent));
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
    co_await waiting(step, ec);
}

}  // namespace mita::http
