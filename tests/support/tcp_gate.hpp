// A small TCP fault proxy between a program and its server: delay, hold, cut, refuse, resume. Used by fault tests of
// the database and of the services. Runs on a thread of its own; every member may be called from any thread and acts
// before it returns.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mita::test {

class tcp_gate {
public:
    // Listens on a free port of the loopback and forwards to 127.0.0.1:target.
    explicit tcp_gate(std::uint16_t target) : target_(boost::asio::ip::address_v4::loopback(), target) {
        listen(0);
        port_ = acceptor_.local_endpoint().port();
        accept();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~tcp_gate() {
        on_thread([this] {
            acceptor_.close();
            cut_all();
        });
        work_.reset();
        context_.stop();
        thread_.join();
    }
    tcp_gate(const tcp_gate&) = delete;
    tcp_gate& operator=(const tcp_gate&) = delete;

    std::uint16_t port() const { return port_; }

    // Every block of bytes is passed on this much later, each way.
    void delay(std::chrono::milliseconds d) {
        on_thread([this, d] { delay_ = d; });
    }
    // Bytes from the server are kept back (requests still arrive there): what a cut then leaves unanswered has
    // happened.
    void hold_answers() {
        on_thread([this] { hold_answers_ = true; });
    }
    // Bytes of both ways are kept back: a silent network.
    void hold_all() {
        on_thread([this] { hold_answers_ = hold_requests_ = true; });
    }
    // Resets every connection now; new ones are served.
    void cut() {
        on_thread([this] { cut_all(); });
    }
    // Resets every connection and refuses new ones until resume().
    void refuse() {
        on_thread([this] {
            acceptor_.close();
            cut_all();
        });
    }
    // Back to plain forwarding; what was kept back is passed on.
    void resume() {
        on_thread([this] {
            delay_ = std::chrono::milliseconds(0);
            hold_answers_ = hold_requests_ = false;
            if (!acceptor_.is_open()) {
                listen(port_);
                accept();
            }
            for (const auto& weak : links_) {
                if (const auto l = weak.lock()) {
                    flow(l, false);
                    flow(l, true);
                }
            }
        });
    }
    // Connections now open through the gate, and bytes that have come from clients so far.
    std::size_t connections() {
        std::size_t n = 0;
        on_thread([this, &n] {
            for (const auto& weak : links_) n += !weak.expired();
        });
        return n;
    }
    // How often a client spoke first or after an answer: the round trips begun so far.
    std::size_t turns() {
        std::size_t n = 0;
        on_thread([this, &n] { n = turns_; });
        return n;
    }
    // Blocks in which clients' bytes came so far: segments, when they are far enough apart.
    std::size_t blocks_from_clients() {
        std::size_t n = 0;
        on_thread([this, &n] { n = blocks_; });
        return n;
    }
    std::size_t bytes_from_clients() {
        std::size_t n = 0;
        on_thread([this, &n] { n = from_clients_; });
        return n;
    }

private:
    using tcp = boost::asio::ip::tcp;
    using error_code = boost::system::error_code;

    struct way {  // bytes of one direction
        std::array<char, 16384> buffer;
        std::deque<std::pair<std::chrono::steady_clock::time_point, std::string>> queue;
        std::size_t queued = 0;
        std::string writing;
        bool busy = false, reading = false, ended = false;
    };
    struct link {
        explicit link(boost::asio::io_context& c)
            : client(c), server(c), timers{boost::asio::steady_timer(c), boost::asio::steady_timer(c)} {}
        tcp::socket client, server;
        bool client_spoke = false;  // last
        way ways[2];                // [0] requests, [1] answers
        boost::asio::steady_timer timers[2];
        void reset() {
            error_code ec;
            for (auto* s : {&client, &server}) {
                s->set_option(boost::asio::socket_base::linger(true, 0), ec);
                s->close(ec);
            }
            for (auto& t : timers) t.cancel();
        }
    };
    using link_ptr = std::shared_ptr<link>;

    void listen(std::uint16_t port) {
        acceptor_ = tcp::acceptor(context_);
        acceptor_.open(tcp::v4());
        acceptor_.set_option(boost::asio::socket_base::reuse_address(true));
        acceptor_.bind(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
        acceptor_.listen();
    }
    void accept() {
        auto l = std::make_shared<link>(context_);
        acceptor_.async_accept(l->client, [this, l](error_code ec) {
            if (ec) return;
            accept();
            links_.push_back(l);
            l->server.async_connect(target_, [this, l](error_code failed) {
                if (failed) {
                    l->reset();
                    return;
                }
                error_code ignored;
                l->client.set_option(tcp::no_delay(true), ignored);
                l->server.set_option(tcp::no_delay(true), ignored);
                read(l, false);
                read(l, true);
            });
        });
    }
    void read(const link_ptr& l, bool answers) {
        auto& w = l->ways[answers];
        if (w.reading || w.ended || w.queued > (1u << 20)) return;
        w.reading = true;
        (answers ? l->server : l->client)
            .async_read_some(boost::asio::buffer(w.buffer), [this, l, answers](error_code ec, std::size_t n) {
                auto& self = l->ways[answers];
                self.reading = false;
                if (ec) {
                    self.ended = true;
                    flow(l, answers);
                    return;
                }
                if (!answers) from_clients_ += n;
                if (!answers) ++blocks_;
                if (!answers && !l->client_spoke) ++turns_;
                l->client_spoke = !answers;
                self.queue.emplace_back(std::chrono::steady_clock::now() + delay_, std::string(self.buffer.data(), n));
                self.queued += n;
                flow(l, answers);
                read(l, answers);
            });
    }
    // Passes on what is due; ends the connection once a side that has ended is drained.
    void flow(const link_ptr& l, bool answers) {
        auto& w = l->ways[answers];
        if (w.busy || (answers ? hold_answers_ : hold_requests_)) return;
        if (w.queue.empty()) {
            if (w.ended) l->reset();
            return;
        }
        if (w.queue.front().first > std::chrono::steady_clock::now()) {
            l->timers[answers].expires_at(w.queue.front().first);
            l->timers[answers].async_wait([this, l, answers](error_code ec) {
                if (!ec) flow(l, answers);
            });
            return;
        }
        w.writing = std::move(w.queue.front().second);
        w.queue.pop_front();
        w.queued -= w.writing.size();
        w.busy = true;
        boost::asio::async_write(answers ? l->client : l->server, boost::asio::buffer(w.writing),
                                 [this, l, answers](error_code ec, std::size_t) {
                                     l->ways[answers].busy = false;
                                     if (ec) {
                                         l->reset();
                                         return;
                                     }
                                     flow(l, answers);
                                     read(l, answers);
                                 });
    }
    void cut_all() {
        for (const auto& weak : links_)
            if (const auto l = weak.lock()) l->reset();
        links_.clear();
    }
    template <class F>
    void on_thread(F f) {
        std::promise<void> done;
        boost::asio::post(context_, [&] {
            std::erase_if(links_, [](const auto& weak) { return weak.expired(); });
            f();
            done.set_value();
        });
        done.get_future().wait();
    }

    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    tcp::endpoint target_;
    tcp::acceptor acceptor_{context_};
    std::uint16_t port_ = 0;
    std::vector<std::weak_ptr<link>> links_;
    std::chrono::milliseconds delay_{0};
    bool hold_answers_ = false, hold_requests_ = false;
    std::size_t from_clients_ = 0, turns_ = 0, blocks_ = 0;
    std::thread thread_;
};

}  // namespace mita::test
