// The coroutine vocabulary of MITA: one concrete executor everywhere, so that no await goes through any_io_executor.
// Used by every library and service. A worker is a thread with its own io_context (core/runtime.hpp): no strands, no
// locks.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>

namespace mita {

namespace asio = boost::asio;
using boost::system::error_code;

using executor = asio::io_context::executor_type;
template <class T = void>
using awaitable = asio::awaitable<T, executor>;
inline constexpr asio::use_awaitable_t<executor> use_awaitable;

using tcp = asio::ip::tcp;
using tcp_socket = asio::basic_stream_socket<tcp, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<tcp, executor>;
using steady_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

// Awaits with the error in `ec` instead of an exception: `co_await timer.async_wait(to(ec));`
inline auto to(error_code& ec) { return asio::redirect_error(use_awaitable, ec); }

}  // namespace mita
