// The load generator of tests/performance: HTTP/1.1 keep-alive on loopback, every answer's status, headers and body
// checked. Closed loop (--closed: each connection asks again at once) for throughput; open loop (--rate: Poisson
// arrivals) for latency, counted from the time a request was DUE, so that a server that stalls cannot hide it. Prints
// one JSON object. By TLS with --authority.
#include "histogram.hpp"
#include "load_requests.hpp"
#include "load_wire.hpp"

#include <boost/asio.hpp>
#include <boost/json.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace mita::load;
namespace json = boost::json;
using std::chrono::steady_clock;
using time_point = steady_clock::time_point;
using timer_type = asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, loop_executor>;

struct options {
    std::string file, host = "127.0.0.1", authority, name;
    std::uint16_t port = 0;
    bool closed = false;
    double rate = 0, seconds = 5, warmup = 0, window = 0, timeout = 10;
    unsigned connections = 16, seed = 1;
};

class generator {
public:
    explicit generator(options o)
        : o_(std::move(o)), requests_(read_requests(o_.file, o_.host, o_.port)), random_(o_.seed) {
        if (!o_.authority.empty()) tls_ = std::make_unique<tls_side>(o_.authority, o_.name);
    }

    json::object run() {
        const tcp::endpoint to(asio::ip::make_address(o_.host), o_.port);
        begin_ = steady_clock::now() + std::chrono::milliseconds(50);
        count_from_ = begin_ + seconds(o_.warmup);
        end_ = count_from_ + seconds(o_.seconds);
        for (unsigned i = 0; i < o_.connections; ++i) {
            links_.push_back(std::make_unique<link>(loop_, tls_.get()));
            asio::co_spawn(loop_, talk(*links_.back(), to), asio::bind_executor(loop_.get_executor(), ended));
        }
        if (!o_.closed) asio::co_spawn(loop_, arrive(), asio::bind_executor(loop_.get_executor(), ended));
        asio::co_spawn(loop_, watch(), asio::bind_executor(loop_.get_executor(), ended));
        loop_.run();
        return report();
    }

private:
    struct arrival {
        time_point due;
        std::size_t which = 0;
    };
    struct link {
        link(asio::io_context& on, tls_side* by) : to(on, by), wake(on.get_executor()) {}
        wire to;
        timer_type wake;
        bool idle = false, timed_out = false;
        std::optional<time_point> busy_since;
        std::string in;
        std::size_t used = 0;  // bytes of `in` that belong to the answer before
    };
    static steady_clock::duration seconds(double s) {
        return std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(s));
    }
    static void ended(std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    }
    std::size_t pick() { return requests_.size() == 1 ? 0 : next_++ % requests_.size(); }

    task<void> arrive() {
        timer_type timer(loop_.get_executor());
        std::exponential_distribution<double> gap(o_.rate);
        auto due = begin_ + seconds(gap(random_));
        while (due < end_) {
            timer.expires_at(due);
            co_await timer.async_wait(as_tuple);
            for (const auto now = steady_clock::now(); due <= now && due < end_; due += seconds(gap(random_))) {
                lateness_.add(now - due);
                queue_.push_back({due, pick()});
                longest_queue_ = std::max(longest_queue_, queue_.size());
            }
            wake_idle(queue_.size());
        }
        arrivals_over_ = true;
        wake_idle(links_.size());
    }
    void wake_idle(std::size_t n) {
        for (auto at = links_.begin(); n > 0 && at != links_.end(); ++at) {
            if (!(*at)->idle) continue;
            (*at)->idle = false;
            (*at)->wake.cancel();
            --n;
        }
    }

    task<void> talk(link& l, tcp::endpoint to) {
        if (o_.closed) {
            l.wake.expires_at(begin_);
            co_await l.wake.async_wait(as_tuple);
        }
        while (true) {
            arrival a;
            if (o_.closed) {
                a = {steady_clock::now(), pick()};
                if (a.due >= end_) break;
            } else {
                if (queue_.empty() && arrivals_over_) break;
                if (queue_.empty()) {
                    l.idle = true;
                    l.wake.expires_at(time_point::max());
                    co_await l.wake.async_wait(as_tuple);
                    l.idle = false;
                    continue;
                }
                a = queue_.front();
                queue_.pop_front();
            }
            l.busy_since = steady_clock::now();
            const auto fault = co_await exchange(l, to, a);
            l.busy_since.reset();
            if (!fault.empty()) {
                if (a.due >= count_from_) ++errors_[l.timed_out ? "timeout" : fault];
                close(l);
                l.timed_out = false;
                if (o_.closed) {
                    l.wake.expires_after(std::chrono::milliseconds(10));
                    co_await l.wake.async_wait(as_tuple);
                }
            }
        }
        if (++over_ == links_.size()) watch_over_ = true;
        close(l);
    }
    static void close(link& l) {
        l.to.close();
        l.in.clear();
        l.used = 0;
    }

    // "" when an answer came (right or wrong), else what failed. A kept connection that the server had closed is opened
    // anew, once.
    task<std::string> exchange(link& l, tcp::endpoint to, arrival a) {
        const auto& r = requests_[a.which];
        const auto own = r.wire.empty() ? wire_of(r, ++unique_) : std::string();
        const auto& bytes = own.empty() ? r.wire : own;
        for (int attempt = 0;; ++attempt) {
            const bool fresh = !l.to.open();
            if (fresh) {
                const auto refused = co_await l.to.connect(to);
                if (refused) co_return "connect: " + refused.message();
            }
            auto [unsent, written] = co_await l.to.write(bytes);
            std::string fault = unsent ? "write: " + unsent.message() : "";
            answer got;
            if (!unsent) {
                l.in.erase(0, l.used);
                l.used = 0;
                fault = co_await receive(l, got);
            }
            if (fault.empty()) {
                judge(r, a, got);
                if (got.close) close(l);
                co_return fault;
            }
            if (fresh || attempt > 0 || !l.in.empty() || l.timed_out) co_return fault;
            ++reopened_;
            close(l);
        }
    }
    task<std::string> receive(link& l, answer& out) {
        std::size_t head_end = std::string::npos, wanted = 0;
        while (true) {
            if (head_end == std::string::npos) {
                head_end = l.in.find("\r\n\r\n");
                if (head_end != std::string::npos) {
                    const auto head = std::string_view(l.in).substr(0, head_end + 2);
                    if (head.size() < 12 || !head.starts_with("HTTP/1.")) co_return "not HTTP";
                    out.status = static_cast<unsigned>(std::stoul(std::string(head.substr(9, 3))));
                    const auto length = header_of(head, "Content-Length");
                    const bool empty = out.status == 204 || out.status == 304;
                    if (!length && !empty) co_return "no Content-Length";
                    wanted = head_end + 4 + (empty ? 0 : std::stoul(std::string(*length)));
                    const auto keep = header_of(head, "Connection");
                    out.close = keep && iequal(*keep, "close");
                }
            }
            if (head_end != std::string::npos && l.in.size() >= wanted) break;
            const auto have = l.in.size();
            l.in.resize(have + 16384);
            auto [failed, n] = co_await l.to.read_some(asio::buffer(&l.in[have], 16384));
            l.in.resize(have + n);
            if (failed) co_return "read: " + failed.message();
        }
        out.head = std::string_view(l.in).substr(0, head_end + 2);
        out.body = std::string_view(l.in).substr(head_end + 4, wanted - head_end - 4);
        l.used = wanted;
        co_return std::string();
    }
    void judge(const sample_request& r, const arrival& a, const answer& got) {
        const auto now = steady_clock::now();
        if (!fits(r, got) && wrong_++ == 0)  // at any time, also while warming up
            wrong_sample_ = r.head.substr(0, r.head.find('\r')) + " -> " + std::string(got.head.substr(0, 300)) +
                            std::string(got.body.substr(0, 500));
        // Throughput counts what ended in the counted time, latency what was due in it.
        if (o_.closed ? now < count_from_ || now > end_ : a.due < count_from_) return;
        const auto took = now - a.due;
        by_status_[got.status].add(took);
        if (o_.window <= 0) return;
        const auto at = std::max(0.0, std::chrono::duration<double>(a.due - count_from_).count() / o_.window);
        const auto i = static_cast<std::size_t>(at);
        if (i >= windows_.size()) windows_.resize(i + 1);
        windows_[i].add(took);
    }

    // Closes what takes longer than the timeout; ends the loop when every connection is through.
    task<void> watch() {
        timer_type timer(loop_.get_executor());
        while (!watch_over_) {
            timer.expires_after(std::chrono::milliseconds(20));
            co_await timer.async_wait(as_tuple);
            const auto now = steady_clock::now();
            for (auto& l : links_) {
                if (!l->busy_since || now - *l->busy_since < seconds(o_.timeout) || l->timed_out) continue;
                l->timed_out = true;
                l->to.cancel();
            }
            for (; now > end_ + seconds(o_.timeout) && !queue_.empty(); queue_.pop_front()) ++errors_["never sent"];
        }
    }
    json::object report() const {
        json::object statuses, latency, errors;
        std::uint64_t done = 0;
        for (const auto& [status, h] : by_status_) {
            latency[std::to_string(status)] = h.to_json();
            const auto n = latency[std::to_string(status)].at("count").to_number<std::uint64_t>();
            statuses[std::to_string(status)] = n;
            done += n;
        }
        for (const auto& [what, n] : errors_) errors[what] = n;
        json::array windows;
        for (const auto& h : windows_) windows.push_back(h.to_json());
        return {{"mode", o_.closed ? "closed" : "open"},
                {"rate", o_.rate},
                {"seconds", o_.seconds},
                {"connections", o_.connections},
                {"done", done},
                {"per_second", static_cast<double>(done) / o_.seconds},
                {"statuses", statuses},
                {"wrong", wrong_},
                {"wrong_sample", wrong_sample_},
                {"errors", errors},
                {"reopened", reopened_},
                {"latency_us", latency},
                {"window_s", o_.window},
                {"windows", windows},
                {"longest_queue", longest_queue_},
                {"generator_late_us", lateness_.to_json()}};
    }

    options o_;
    std::vector<sample_request> requests_;
    std::mt19937_64 random_;
    asio::io_context loop_{1};
    std::unique_ptr<tls_side> tls_;  // null: plain
    time_point begin_, count_from_, end_;
    std::vector<std::unique_ptr<link>> links_;
    std::deque<arrival> queue_;
    std::size_t next_ = 0, over_ = 0, longest_queue_ = 0;
    std::uint64_t unique_ = 0, wrong_ = 0, reopened_ = 0;
    bool arrivals_over_ = false, watch_over_ = false;
    std::map<unsigned, histogram> by_status_;
    std::map<std::string, std::uint64_t> errors_;
    std::vector<histogram> windows_;
    histogram lateness_;
    std::string wrong_sample_;
};

}  // namespace

int main(int argc, char** argv) {
    options o;
    CLI::App cli("HTTP load with checked answers; prints one JSON object");
    cli.add_option("--requests", o.file, "file of JSON lines")->required();
    cli.add_option("--host", o.host);
    cli.add_option("--authority", o.authority, "by TLS 1.3; the file of certificates to trust");
    cli.add_option("--name", o.name, "whom the certificate names");
    cli.add_option("--port", o.port)->required();
    cli.add_flag("--closed", o.closed, "each connection asks again at once");
    cli.add_option("--rate", o.rate, "Poisson arrivals a second");
    cli.add_option("--connections", o.connections);
    cli.add_option("--seconds", o.seconds, "counted time");
    cli.add_option("--warmup", o.warmup, "seconds before it");
    cli.add_option("--window", o.window, "also report latency by windows of this many seconds");
    cli.add_option("--timeout", o.timeout, "seconds after which a request counts as an error");
    cli.add_option("--seed", o.seed);
    CLI11_PARSE(cli, argc, argv);
    if (o.closed == (o.rate > 0)) {
        std::cerr << "error: either --closed or --rate\n";
        return 2;
    }
    try {
        std::cout << generator(o).run() << '\n';
    } catch (const std::exception& e) {
        std::cerr << "error: " << e.what() << '\n';
        return 1;
    }
    return 0;
}
