// Blocking sockets on loopback that send and receive exact bytes: the other side of the server and client tests.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raw {

struct answer {
    int status = 0;
    std::string head, body;
    bool complete = false;  // head and body arrived whole
    // The value of a header; "" when absent. Lower-case name.
    std::string header(const std::string& name) const {
        std::string lower;
        for (const char c : head) lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        const std::size_t at = lower.find("\r\n" + name + ": ");
        if (at == std::string::npos) return "";
        const std::size_t from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

class socket {
public:
    explicit socket(int fd) : fd_(fd) { prepare(); }
    // Connects to 127.0.0.1:port; throws when that fails.
    static socket connect(std::uint16_t port) {
        socket s(::socket(AF_INET, SOCK_STREAM, 0));
        if (!s.connect_to(port)) throw std::runtime_error("connect failed");
        return s;
    }
    socket(socket&& o) noexcept : fd_(std::exchange(o.fd_, -1)), held_(std::move(o.held_)) {}
    socket& operator=(socket&& o) noexcept {
        std::swap(fd_, o.fd_);
        std::swap(held_, o.held_);
        return *this;
    }
    ~socket() { close(); }

    bool connect_to(std::uint16_t port) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int fd() const { return fd_; }
    void finish() { ::shutdown(fd_, SHUT_WR); }
    void reset() {  // RST instead of FIN
        const linger l{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &l, sizeof l);
        close();
    }
    // False when the peer is gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    // More bytes into held(); false at the end (or a reset, or 10 s of silence).
    bool more() {
        char buffer[16384];
        const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
        timed_out_ = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (n > 0) held_.append(buffer, static_cast<std::size_t>(n));
        return n > 0;
    }
    std::string& held() { return held_; }
    // All up to the end of the connection.
    std::string rest() {
        while (more()) {
        }
        return std::exchange(held_, "");
    }
    // Nothing more came and the connection ended (not: stayed open in silence).
    bool ended() { return !more() && !timed_out_; }
    void patience(int ms) {
        timeval t{ms / 1000, (ms % 1000) * 1000};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    }
    std::string until(std::string_view mark) {
        for (;;) {
            const std::size_t at = held_.find(mark);
            if (at != std::string::npos) {
                std::string out = held_.substr(0, at + mark.size());
                held_.erase(0, at + mark.size());
                return out;
            }
            if (!more()) return "";
        }
    }
    std::string exactly(std::size_t n) {
        while (held_.size() < n)
            if (!more()) break;
        std::string out = held_.substr(0, n);
        held_.erase(0, out.size());
        return out;
    }
    // One answer. head: the request was a HEAD.
    answer read(bool head = false) {
        answer a;
        a.head = until("\r\n\r\n");
        if (a.head.size() < 12) return a;
        a.status = std::atoi(a.head.c_str() + 9);
        if (head || a.status < 200 || a.status == 204 || a.status == 304) {
            a.complete = true;
        } else if (a.header("transfer-encoding") == "chunked") {
            for (;;) {
                const std::string size = until("\r\n");
                if (size.empty()) return a;
                const auto n = static_cast<std::size_t>(std::strtoul(size.c_str(), nullptr, 16));
                const std::string chunk = exactly(n + 2);
                if (chunk.size() != n + 2) return a;
                if (n == 0) break;
                a.body += chunk.substr(0, n);
            }
            a.complete = true;
        } else if (!a.header("content-length").empty()) {
            const auto n = static_cast<std::size_t>(std::atol(a.header("content-length").c_str()));
            a.body = exactly(n);
            a.complete = a.body.size() == n;
        } else {
            a.body = rest();
            a.complete = true;
        }
        return a;
    }

private:
    void prepare() {
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        patience(10'000);
    }
    int fd_;
    bool timed_out_ = false;
    std::string held_;
};

// A listening socket on a free port of 127.0.0.1.
class listening {
public:
    listening() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(fd_, 64) != 0)
            throw std::runtime_error("listen failed");
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
    }
    ~listening() { close(); }
    listening(const listening&) = delete;
    listening& operator=(const listening&) = delete;
    void close() {
        if (fd_ >= 0) {
            ::shutdown(fd_, SHUT_RDWR);
            ::close(fd_);
        }
        fd_ = -1;
    }
    std::uint16_t port() const { return port_; }
    socket accept() { return socket(::accept(fd_, nullptr, nullptr)); }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

}  // namespace raw
