#include "core/log.hpp"

#include "core/clock.hpp"
#include "core/json_reader.hpp"
#include "core/log_number.hpp"
#include "core/signal_mask.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

namespace mita {
namespace {

using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t batch_bytes = 64 << 10;
constexpr auto batch_wait = 100ms;
constexpr auto end_wait = 1s;
// A pipe that polls writable takes this much without blocking, so that O_NONBLOCK, which would change the descriptor
// for every process sharing it, is not needed.
constexpr std::size_t safe_write = 4096;

std::string_view level_name(log_level level) {
    switch (level) {
        case log_level::debug:
            return "debug";
        case log_level::info:
            return "info";
        case log_level::warn:
            return "warn";
        case log_level::error:
            return "error";
        case log_level::off:
            break;
    }
    return "off";
}

std::uint64_t count_lines(std::string_view text) {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

log_level parse_log_level(std::string_view text, log_level fallback) {
    for (const auto level : {log_level::debug, log_level::info, log_level::warn, log_level::error, log_level::off})
        if (text == level_name(level)) return level;
    return fallback;
}

// Shared with the writer thread, which outlives the logger when the reader of stdout hangs.
struct logger::impl {
    struct shared {
        std::string service;  // as a JSON string
        std::atomic<log_level> level;
        int fd;
        std::size_t max_queued;
        bool regular_file = false;  // whose writes wait for no reader

        std::mutex mutex;
        std::condition_variable wake, idle;
        std::string queued;
        std::size_t writing = 0;  // bytes taken by the writer and not written yet
        bool hurry = false;       // someone waits for the queue to empty
        bool stopping = false;
        bool ended = false;
        std::atomic<std::uint64_t> dropped{0};
        std::uint64_t reported = 0;  // writer only
        steady::time_point give_up = steady::time_point::max();

        void push(std::string_view text, bool urgent) {
            bool notify = false;
            {
                const std::lock_guard lock(mutex);
                if (queued.size() + writing + text.size() > max_queued) {
                    dropped.fetch_add(1, std::memory_order_relaxed);
                    return;
                }
                const auto before = queued.size();
                queued.append(text);
                if (urgent) hurry = true;
                notify = before == 0 || urgent || (before < batch_bytes && queued.size() >= batch_bytes);
            }
            if (notify) wake.notify_one();
        }

        bool stop_asked() {
            const std::lock_guard lock(mutex);
            return stopping && steady::now() >= give_up;
        }

        // Writes all of `text`, waiting for the reader as long as the logger lives; what cannot be written is counted.
        bool write_out(std::string_view text) {
            while (!text.empty()) {
                pollfd p{fd, POLLOUT, 0};
                const int ready = ::poll(&p, 1, 100);
                if (ready == 0 || (ready < 0 && errno == EINTR)) {
                    if (!stop_asked()) continue;
                    break;
                }
                const auto n = ::write(fd, text.data(), regular_file ? text.size() : std::min(text.size(), safe_write));
                if (n > 0) {
                    text.remove_prefix(static_cast<std::size_t>(n));
                    const std::lock_guard lock(mutex);
                    writing -= static_cast<std::size_t>(n);
                } else if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
                    break;  // closed or broken: nobody reads
                }
            }
            if (text.empty()) return true;
            dropped.fetch_add(count_lines(text), std::memory_order_relaxed);
            const std::lock_guard lock(mutex);
            writing -= text.size();
            return false;
        }

        void run();
    };

    std::shared_ptr<shared> state = std::make_shared<shared>();
    std::thread writer;
};

namespace {

void open_line(std::string& text, const std::string& service, log_level level, std::string_view event) {
    text.reserve(640);  // a request with all its fields
    text += "{\"ts\":\"";
    text += wall::format(wall::now());
    text += "\",\"level\":\"";
    text += level_name(level);
    text += "\",\"service\":";
    text += service;
    text += ",\"event\":";
    append_json_string(text, event);
}

void key_of(std::string& text, std::string_view key) {
    text.push_back(',');
    append_json_string(text, key);
    text.push_back(':');
}

}  // namespace

void logger::impl::shared::run() {
    std::string batch;
    std::unique_lock lock(mutex);
    for (;;) {
        wake.wait(lock, [this] { return !queued.empty() || stopping; });
        if (!stopping && !hurry)
            wake.wait_for(lock, batch_wait, [this] { return queued.size() >= batch_bytes || hurry || stopping; });
        if (queued.empty() && stopping) break;
        batch.swap(queued);
        writing = batch.size();
        hurry = false;
        lock.unlock();

        const bool written = write_out(batch);
        batch.clear();
        const auto lost = dropped.load(std::memory_order_relaxed);
        if (written && lost != reported) {
            open_line(batch, service, log_level::warn, "log_dropped");
            key_of(batch, "lines");
            batch += std::to_string(lost - reported) + "}\n";
            reported = lost;
        }
        lock.lock();
        if (!batch.empty()) queued.insert(0, batch);
        batch.clear();
        if (queued.empty()) idle.notify_all();
        if (stopping && !written) break;
    }
    dropped.fetch_add(count_lines(queued), std::memory_order_relaxed);
    queued.clear();
    ended = true;
    idle.notify_all();
}

logger::logger(std::string service, log_level level, int fd, std::size_t max_queued_bytes)
    : impl_(std::make_unique<impl>()) {
    auto& s = *impl_->state;
    append_json_string(s.service, service);
    s.level = level;
    s.fd = fd;
    s.max_queued = max_queued_bytes;
    struct stat st{};
    s.regular_file = ::fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    const signals_blocked mask;  // SIGPIPE too, which then reaches nobody
    impl_->writer = std::thread([state = impl_->state] { state->run(); });
}

logger::~logger() {
    auto& s = *impl_->state;
    std::unique_lock lock(s.mutex);
    s.stopping = true;
    s.give_up = steady::now() + end_wait;
    s.wake.notify_all();
    // A little longer than the writer gives itself, so that it ends by its own count of what it could not write.
    const bool ended = s.idle.wait_for(lock, end_wait + 500ms, [&s] { return s.ended; });
    lock.unlock();
    if (ended)
        impl_->writer.join();
    else
        impl_->writer.detach();  // stuck in write(): it owns its state and ends with the process
}

logger::line logger::at(log_level level, std::string_view event) {
    return line(enabled(level) ? this : nullptr, level, event);
}

bool logger::enabled(log_level level) const {
    return level >= impl_->state->level.load(std::memory_order_relaxed) && level != log_level::off;
}

std::uint64_t logger::dropped() const { return impl_->state->dropped.load(std::memory_order_relaxed); }

void logger::flush() {
    auto& s = *impl_->state;
    std::unique_lock lock(s.mutex);
    s.hurry = true;
    s.wake.notify_all();
    s.idle.wait_for(lock, end_wait, [&s] { return s.queued.empty() && s.writing == 0; });
}

logger::line::line(logger* to, log_level level, std::string_view event) : to_(to), urgent_(level == log_level::error) {
    if (to_) open_line(text_, to_->impl_->state->service, level, event);
}

logger::line::line(line&& other) noexcept
    : to_(std::exchange(other.to_, nullptr)), urgent_(other.urgent_), text_(std::move(other.text_)) {}

logger::line::~line() {
    if (!to_) return;
    try {
        text_ += "}\n";
        to_->impl_->state->push(text_, urgent_);
    } catch (...) {  // out of memory: the line is lost, the caller goes on
        to_->impl_->state->dropped.fetch_add(1, std::memory_order_relaxed);
    }
}

logger::line& logger::line::with(std::string_view key, std::string_view value) {
    if (!to_) return *this;
    key_of(text_, key);
    append_json_string(text_, value);
    return *this;
}

logger::line& logger::line::with(std::string_view key, std::int64_t value) {
    if (!to_) return *this;
    key_of(text_, key);
    append_integer(text_, value);
    return *this;
}

logger::line& logger::line::with(std::string_view key, double value) {
    if (!to_) return *this;
    key_of(text_, key);
    if (append_thousandths(text_, value)) return *this;
    if (std::isfinite(value))
        fmt::format_to(std::back_inserter(text_), "{}", value);
    else
        text_ += "null";
    return *this;
}

logger::line& logger::line::with(std::string_view key, bool value) {
    if (!to_) return *this;
    key_of(text_, key);
    text_ += value ? "true" : "false";
    return *this;
}

namespace {

// The one way in for set_level, which is no member: every source reads log.hpp, one reads log_level.hpp.
template <auto Member>
struct way_into_logger {
    friend auto& impl_of(logger& l) { return l.*Member; }
};
auto& impl_of(logger& l);
template struct way_into_logger<&logger::impl_>;

}  // namespace

void set_level(logger& of, log_level to) { impl_of(of)->state->level.store(to, std::memory_order_relaxed); }

}  // namespace mita
