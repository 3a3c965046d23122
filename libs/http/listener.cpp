#include "core/alarm.hpp"
#include "core/op_memory.hpp"
#include "http/handover.hpp"
#include "http/near.hpp"
#include "http/server.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string_view>

namespace mita::http {

namespace {

namespace asio = boost::asio;
constexpr int backlog = 4096;     // the kernel caps it at net.core.somaxconn
constexpr int most_at_once = 64;  // then others have their turn
constexpr std::chrono::milliseconds error_pause{100}, full_pause{20}, name_pause{250};
constexpr int first_inherited = 3;  // SD_LISTEN_FDS_START

// The descriptor that the service manager passed under `name` (sd_listen_fds_with_names(3)); -1 when there is none.
int inherited(std::string_view name) {
    if (name.empty()) return -1;
    const auto text = [](const char* variable) {
        const char* value = std::getenv(variable);  // NOLINT: read at start, before threads
        return value == nullptr ? std::string_view() : std::string_view(value);
    };
    const auto number = [](std::string_view s) {
        long value = -1;
        std::from_chars(s.data(), s.data() + s.size(), value);
        return value;
    };
    if (number(text("LISTEN_PID")) != ::getpid()) return -1;
    const long count = number(text("LISTEN_FDS"));
    std::string_view names = text("LISTEN_FDNAMES");
    for (int i = 0; i < count; ++i) {
        const std::size_t colon = names.find(':');
        if (names.substr(0, colon) == name) return first_inherited + i;
        names.remove_prefix(colon == std::string_view::npos ? names.size() : colon + 1);
    }
    return -1;
}

[[noreturn]] void refuse(const tcp::endpoint& at, const error_code& ec) {
    const auto address = at.address().to_string();
    const auto where = (at.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(at.port());
    if (ec == asio::error::address_in_use) throw listen_error(where + " is already in use", false);
    if (ec == asio::error::access_denied)
        throw listen_error(where + " needs a privilege this process has not (ports under 1024 do)", false);
    if (ec == boost::system::errc::address_not_available)
        throw listen_error(address + " is no address of this machine", true);
    throw listen_error("cannot listen on " + where + ": " + ec.message(), true);
}

void open_at(tcp_acceptor& acceptor, const tcp::endpoint& at) {
    error_code ec;
    acceptor.open(at.protocol(), ec);
    if (!ec) acceptor.set_option(tcp_acceptor::reuse_address(true), ec);
    if (!ec) acceptor.bind(at, ec);
    if (!ec) acceptor.listen(backlog, ec);
    if (ec) refuse(at, ec);
}

}  // namespace

// A listening socket and its loop, which takes no memory of its own: what one connection wants and does not get costs
// that one. TCP's, and the short way's beside it (http/near.hpp): an acceptor does not care which.
struct listener::door {
    explicit door(executor ex) : acceptor(ex), resting(ex) {}
    tcp_acceptor acceptor;
    alarm resting;
    op_memory waiting;
    bool running = false;
};

struct listener::impl : std::enable_shared_from_this<listener::impl> {
    impl(runtime& r, std::vector<server*> s, logger& l)
        : rt(r), servers(std::move(s)), log(l), doors{{door(r.at(0).get_executor()), door(r.at(0).get_executor())}} {}

    runtime& rt;
    std::vector<server*> servers;
    logger& log;
    std::array<door, 2> doors;
    std::unique_ptr<socket_giver> giver;  // of the public one
    std::size_t turn = 0;
    bool closing = false;

    tcp_acceptor& public_one() { return doors[0].acceptor; }

    void open(const std::string& address, std::uint16_t port, std::string_view name) {
        tcp_acceptor& acceptor = public_one();
        const int fd = inherited(name);
        if (fd >= 0) {
            sockaddr_storage bound{};
            socklen_t size = sizeof bound;
            if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0 ||
                (bound.ss_family != AF_INET && bound.ss_family != AF_INET6))
                throw std::runtime_error("the inherited socket is no TCP socket");
            acceptor.assign(bound.ss_family == AF_INET ? tcp::v4() : tcp::v6(), fd);
        } else {
            open_at(acceptor, tcp::endpoint(asio::ip::make_address(address), port));
        }
        acceptor.non_blocking(true);
        open_short_way();
    }

    // False when the name is taken still, or there can be none.
    bool open_short_way() {
        const int fd = near::listen(public_one().local_endpoint(), backlog);
        if (fd < 0) return false;
        tcp_acceptor& acceptor = doors[1].acceptor;
        try {
            acceptor.assign(tcp::v4(), fd);
        } catch (const std::bad_alloc&) {
            ::close(fd);
            return false;
        }
        acceptor.non_blocking(true);
        return true;
    }

    // The next worker in turn that has room; null when none has.
    server* next(executor& ex) {
        for (std::size_t i = 0; i < servers.size(); ++i) {
            const std::size_t at = turn++ % servers.size();
            if (!servers[at]->has_room()) continue;
            ex = rt.at(static_cast<unsigned>(at)).get_executor();
            return servers[at];
        }
        return nullptr;
    }

    void rest(door& d, std::chrono::milliseconds how_long) {
        d.resting.set(how_long, [self = shared_from_this(), &d] { self->go_on(d); });
    }

    void go_on(door& d) {
        d.running = !closing;
        if (closing) return;
        // A process that takes over an inherited socket finds the short way's name taken until the former one has gone.
        if (!d.acceptor.is_open() && !open_short_way()) return rest(d, name_pause);
        d.acceptor.async_wait(tcp_acceptor::wait_read,
                              asio::bind_allocator(op_allocator<void>(d.waiting),
                                                   [self = shared_from_this(), &d](error_code) { self->take(d); }));
    }

    // Who has come, a few at a time.
    void take(door& d) {
        for (int n = 0; n < most_at_once && !closing; ++n) {
            executor ex = d.acceptor.get_executor();
            server* to_server = next(ex);
            if (to_server == nullptr) return rest(d, full_pause);  // clients wait in the backlog
            error_code ec;
            try {
                tcp_socket socket(ex);
                d.acceptor.accept(socket, ec);
                if (!ec) to_server->deliver(std::move(socket));
            } catch (const std::bad_alloc&) {
                ec = asio::error::no_memory;
            }
            if (ec == asio::error::would_block || ec == asio::error::try_again) break;
            if (!ec || ec == asio::error::connection_aborted) continue;
            say_failed(ec);
            return rest(d, error_pause);  // out of descriptors or memory, most likely
        }
        go_on(d);
    }

    void say_failed(const error_code& ec) {
        try {
            log.warn("accept_failed").with("reason", ec.message());
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
        }
    }

    // What the kernel has completed the handshake for was promised to be served.
    void take_queued(tcp_acceptor& acceptor) {
        while (acceptor.is_open()) {
            executor ex = acceptor.get_executor();
            server* to_server = next(ex);
            if (to_server == nullptr) return;
            error_code ec;
            tcp_socket socket(ex);
            acceptor.accept(socket, ec);
            if (ec == asio::error::connection_aborted) continue;
            if (ec) return;
            to_server->deliver(std::move(socket));
        }
    }
};

listener::listener(runtime& rt, std::string address, std::uint16_t port, std::vector<server*> servers, logger& log,
                   std::string inherited_name)
    : impl_(std::make_shared<impl>(rt, std::move(servers), log)) {
    if (impl_->servers.empty() || impl_->servers.size() > rt.size())
        throw std::invalid_argument("one server per worker");
    impl_->open(address, port, inherited_name);
}

listener::~listener() {
    impl_->closing = true;
    if (impl_->giver != nullptr) impl_->giver->close();
    for (door& d : impl_->doors) {
        error_code ec;
        d.acceptor.close(ec);
        d.resting.ring();
    }
}

std::uint16_t listener::port() const { return impl_->public_one().local_endpoint().port(); }

void listener::start() {
    tcp_acceptor& door_to_all = impl_->public_one();
    impl_->giver =
        std::make_unique<socket_giver>(door_to_all.get_executor(), impl_->log, port(), door_to_all.native_handle(),
                                       [&rt = impl_->rt] { rt.request_stop(); });
    impl_->giver->start();
    for (door& d : impl_->doors) {
        if (!d.acceptor.is_open() && !near::possible(impl_->public_one().local_endpoint())) continue;
        impl_->go_on(d);
    }
}

awaitable<void> listener::close() {
    const std::shared_ptr<impl> i = impl_;
    i->closing = true;
    error_code ec;
    if (i->giver != nullptr) i->giver->close();
    steady_timer timer(i->public_one().get_executor());
    const auto pause = [&timer] {
        timer.expires_after(std::chrono::milliseconds(1));
        return timer.async_wait(use_awaitable);
    };
    for (door& d : i->doors) {
        d.acceptor.cancel(ec);
        d.resting.ring();
    }
    for (door& d : i->doors) {
        while (d.running) {
            co_await pause();
        }
        // The short way ends here: whoever comes from now on is refused and takes TCP, rather than queue for nobody.
        if (&d == &i->doors[1] && d.acceptor.is_open()) ::shutdown(d.acceptor.native_handle(), SHUT_RD);
        i->take_queued(d.acceptor);
        // Who took the socket over listens on: it must leave our reactor, which forgets only what closes for good.
        if (d.acceptor.is_open()) ::close(d.acceptor.release(ec));
    }
    while (i->giver != nullptr && i->giver->running()) {
        co_await pause();
    }
}

}  // namespace mita::http
