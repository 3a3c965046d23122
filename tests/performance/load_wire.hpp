// A connection of the load generator: TCP, or TLS 1.3 over it when there is an authority to trust. Every operation
// gives its error; after one the connection is closed and may be opened anew.
#pragma once

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <tuple>

namespace mita::load {

namespace asio = boost::asio;
using asio::ip::tcp;
using loop_executor = asio::io_context::executor_type;
template <class T>
using task = asio::awaitable<T, loop_executor>;
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<loop_executor>> as_tuple{
    asio::use_awaitable_t<loop_executor>{}};

// What TLS connections share. Null: plain. The certificate must be signed by the authority and name the host.
class tls_side {
public:
    tls_side(const std::string& authority, std::string host)
        : context_(asio::ssl::context::tlsv13_client), host_(std::move(host)) {
        context_.load_verify_file(authority);
        context_.set_verify_mode(asio::ssl::verify_peer);
        context_.set_verify_callback(asio::ssl::host_name_verification(host_));
        ::SSL_CTX_set_read_ahead(context_.native_handle(), 1);
    }
    asio::ssl::context& context() { return context_; }

private:
    asio::ssl::context context_;
    std::string host_;
};

class wire {
public:
    using error_code = boost::system::error_code;

    wire(asio::io_context& on, tls_side* by) : socket_(on.get_executor()), by_(by) {}

    bool open() const { return open_; }

    task<error_code> connect(tcp::endpoint to) {
        auto [refused] = co_await socket_.async_connect(to, as_tuple);
        if (refused) co_return refused;
        socket_.set_option(tcp::no_delay(true));
        if (by_ != nullptr) {
            tls_.emplace(socket_, by_->context());
            auto [failed] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_tuple);
            if (failed) {
                close();
                co_return failed;
            }
        }
        open_ = true;
        co_return error_code();
    }
    // Both give the error and how many bytes. Not coroutines: a plain connection costs the generator nothing more.
    auto write(const std::string& bytes) {
        return asio::async_initiate<decltype(as_tuple), void(error_code, std::size_t)>(
            [this, &bytes](auto&& done) {
                if (tls_) return asio::async_write(*tls_, asio::buffer(bytes), std::forward<decltype(done)>(done));
                asio::async_write(socket_, asio::buffer(bytes), std::forward<decltype(done)>(done));
            },
            as_tuple);
    }
    auto read_some(asio::mutable_buffer to) {
        return asio::async_initiate<decltype(as_tuple), void(error_code, std::size_t)>(
            [this, to](auto&& done) {
                if (tls_) return tls_->async_read_some(to, std::forward<decltype(done)>(done));
                socket_.async_read_some(to, std::forward<decltype(done)>(done));
            },
            as_tuple);
    }
    void cancel() { socket_.cancel(); }
    void close() {
        error_code ignored;
        socket_.close(ignored);
        open_ = false;
    }

private:
    asio::basic_stream_socket<tcp, loop_executor> socket_;
    tls_side* by_;
    std::optional<asio::ssl::stream<asio::basic_stream_socket<tcp, loop_executor>&>> tls_;
    bool open_ = false;
};

}  // namespace mita::load
