#include "http/tls_stream.hpp"

#include "http/tls_context.hpp"

#include <boost/asio/ssl/stream.hpp>

#include <utility>

namespace mita::http {

struct tls_stream::impl {
    impl(tcp_socket& under, std::shared_ptr<tls_identity::context> by)
        : context(std::move(by)), stream(under, context->of_openssl) {}
    std::shared_ptr<tls_identity::context> context;
    boost::asio::ssl::stream<tcp_socket&> stream;
};

tls_stream::tls_stream(tcp_socket& under, const tls_identity& who)
    : impl_(std::make_unique<impl>(under, who.current())) {}

tls_stream::~tls_stream() = default;

awaitable<void> tls_stream::handshake(error_code& ec) {
    co_await impl_->stream.async_handshake(boost::asio::ssl::stream_base::server, to(ec));
}

awaitable<std::size_t> tls_stream::read_some(char* to_here, std::size_t room, error_code& ec) {
    const std::size_t got = co_await impl_->stream.async_read_some(asio::buffer(to_here, room), to(ec));
    co_return got;
}

awaitable<std::size_t> tls_stream::write_some(buffer_span data, error_code& ec) {
    const std::size_t sent = co_await impl_->stream.async_write_some(data, to(ec));
    co_return sent;
}

awaitable<void> tls_stream::shutdown(error_code& ec) { co_await impl_->stream.async_shutdown(to(ec)); }

}  // namespace mita::http
