#include "http/handover.hpp"

#include "core/waiter.hpp"
#include "http/local_socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace mita::http {

namespace {

constexpr int patience_ms = 1'000;
constexpr std::chrono::milliseconds ask_pause{50};
constexpr int most_tries = 60;  // of who takes, as far apart
constexpr char relief = '!';

local_socket::name name_of(std::uint16_t port) { return local_socket::name("mita/handover/" + std::to_string(port)); }

bool held(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    const bool in_use =
        ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 && errno == EADDRINUSE;  // any address
    ::close(fd);
    return in_use;
}

// A byte with a descriptor beside it (cmsg(3)).
struct parcel {
    char byte = 0;
    iovec text{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
    msghdr message{};
    parcel() {
        message.msg_iov = &text;
        message.msg_iovlen = 1;
        message.msg_control = room.data();
        message.msg_controllen = room.size();
    }
};

bool give(int connection, int fd) {
    parcel p;
    cmsghdr* const head = CMSG_FIRSTHDR(&p.message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
    return ::sendmsg(connection, &p.message, MSG_NOSIGNAL) == 1;
}

int take(int connection) {
    pollfd waiting{connection, POLLIN, 0};
    if (::poll(&waiting, 1, patience_ms) != 1) return -1;
    parcel p;
    if (::recvmsg(connection, &p.message, MSG_CMSG_CLOEXEC) != 1) return -1;
    const cmsghdr* const head = CMSG_FIRSTHDR(&p.message);
    if (head == nullptr || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int))) return -1;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd;
}

void close_if_open(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

}  // namespace

// What was got of whoever listens at a port; the connection lives until they are told to end.
class taken_socket {
public:
    // Waits some seconds at most, while the port is held; without an answer nothing was got.
    explicit taken_socket(std::uint16_t port) {
        const auto at = name_of(port);
        // Who took it last may not offer it yet.
        for (int i = 0; i < most_tries && !ask(at) && held(port); ++i) ::usleep(ask_pause.count() * 1'000);
    }
    ~taken_socket() {
        close_if_open(connection_);
        close_if_open(listening_);
    }
    taken_socket(const taken_socket&) = delete;
    taken_socket& operator=(const taken_socket&) = delete;

    bool got() const { return listening_ >= 0; }
    // Both descriptors, to `fd` or behind.
    void move_behind(int fd) {
        for (int* const each : {&connection_, &listening_}) {
            const int moved = ::fcntl(*each, F_DUPFD_CLOEXEC, fd);
            if (moved < 0) throw std::runtime_error(std::string("--take-over: ") + std::strerror(errno));
            ::close(std::exchange(*each, moved));
        }
    }
    // Moves the descriptor to where a service manager would have put it.
    void place_at(int fd) {
        if (::fcntl(fd, F_GETFD) != -1 || ::dup3(listening_, fd, O_CLOEXEC) != fd)
            throw std::runtime_error("--take-over: descriptor " + std::to_string(fd) + " is in use");
        close_if_open(listening_);
    }
    void relieve() const { [[maybe_unused]] const auto sent = ::send(connection_, &relief, 1, MSG_NOSIGNAL); }

private:
    bool ask(const local_socket::name& at) {
        connection_ = local_socket::open();
        if (connection_ >= 0 && ::connect(connection_, at.data(), at.size) == 0 && local_socket::same_user(connection_))
            listening_ = take(connection_);
        if (listening_ < 0) close_if_open(connection_);
        return listening_ >= 0;
    }
    int connection_ = -1, listening_ = -1;
};

takeover::takeover(const std::vector<door>& doors) {
    constexpr int first = 3;                   // SD_LISTEN_FDS_START
    if (std::getenv("LISTEN_FDS") != nullptr)  // NOLINT: before threads
        throw std::runtime_error("--take-over: the service manager passes the sockets (LISTEN_FDS)");
    std::string names;
    for (const door& d : doors) {
        auto taken = std::make_unique<taken_socket>(d.port);
        if (!taken->got()) continue;
        taken_.push_back(std::move(taken));
        names += (names.empty() ? "" : ":") + d.name;
    }
    // Those that came lie anywhere: none may be where another is to be.
    for (std::size_t i = taken_.size(); i-- > 0;) taken_[i]->move_behind(first + static_cast<int>(taken_.size()));
    for (std::size_t i = 0; i < taken_.size(); ++i) taken_[i]->place_at(first + static_cast<int>(i));
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);  // NOLINT: before threads
    ::setenv("LISTEN_FDS", std::to_string(taken_.size()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

takeover::~takeover() = default;

void takeover::relieve_when(runtime& rt, std::function<bool()> ready) {
    rt.spawn(0, "relieve", [this, &rt, ready = std::move(ready)]() -> awaitable<void> {
        while (!ready()) {
            if (rt.stopping()) co_return;
            waiter pause(rt.at(0).get_executor());
            co_await pause.wait(deadline::after(std::chrono::milliseconds(5)));
        }
        if (!taken_.empty()) taken_.front()->relieve();
    });
}

struct socket_giver::impl : std::enable_shared_from_this<socket_giver::impl> {
    impl(executor ex, logger& l, std::uint16_t p, int fd, std::function<void()> then)
        : log(l), acceptor(ex), asker(ex), timer(ex), port(p), listening(fd), relieved(std::move(then)) {}

    logger& log;
    tcp_acceptor acceptor;  // an acceptor does not care which family it is of
    tcp_socket asker;
    steady_timer timer;
    const std::uint16_t port;
    const int listening;
    const std::function<void()> relieved;
    bool closing = false, running = false;

    // False while the name is that of the process whose socket we took.
    bool open_name() {
        const int fd = local_socket::open();
        if (fd < 0) return false;
        const auto at = name_of(port);
        if (::bind(fd, at.data(), at.size) != 0 || ::listen(fd, 4) != 0) {
            ::close(fd);
            return false;
        }
        acceptor.assign(tcp::v4(), fd);
        acceptor.non_blocking(true);
        return true;
    }

    // One at a time: who took the socket says a byte when it serves, and ends the connection when it does not.
    awaitable<bool> serve_one() {
        error_code ec;
        if (!local_socket::same_user(asker.native_handle()) || !give(asker.native_handle(), listening)) co_return false;
        log.info("socket_given").with("port", static_cast<int>(port));
        char said = 0;
        co_await asker.async_read_some(asio::buffer(&said, 1), to(ec));
        if (ec || said != relief) co_return false;
        relieved();
        co_return true;
    }

    // However the loop ends: who closes waits for it.
    struct ending {
        explicit ending(bool& r) : running(r) {}
        ~ending() { running = false; }
        ending(const ending&) = delete;
        ending& operator=(const ending&) = delete;
        bool& running;
    };

    static awaitable<void> run(std::shared_ptr<impl> self) {
        impl& i = *self;
        const ending now(i.running);
        while (!i.closing && !i.open_name()) {
            i.timer.expires_after(ask_pause);
            error_code ec;
            co_await i.timer.async_wait(to(ec));
        }
        while (!i.closing) {
            error_code ec;
            co_await i.acceptor.async_accept(i.asker, to(ec));
            bool over = false;
            if (!ec && !i.closing) {
                over = co_await i.serve_one();
            }
            i.asker.close(ec);
            if (i.closing || over) break;                          // the next one has to ask our successor
            i.timer.expires_after(std::chrono::milliseconds(20));  // out of descriptors, perhaps
            co_await i.timer.async_wait(to(ec));
        }
        i.acceptor.close();
    }
};

socket_giver::socket_giver(executor ex, logger& log, std::uint16_t port, int listening, std::function<void()> relieved)
    : impl_(std::make_shared<impl>(ex, log, port, listening, std::move(relieved))) {}

socket_giver::~socket_giver() { close(); }

void socket_giver::start() {
    impl_->running = true;
    spawn_logged(impl_->timer.get_executor(), impl_->log, "http_handover", impl::run(impl_));
}

void socket_giver::close() {
    impl_->closing = true;
    error_code ec;
    impl_->acceptor.cancel(ec);
    impl_->asker.close(ec);
    impl_->timer.cancel();
}

bool socket_giver::running() const { return impl_->running; }

}  // namespace mita::http
