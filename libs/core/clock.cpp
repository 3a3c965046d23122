#include "core/clock.hpp"

#include "core/moved_clock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <stdexcept>

namespace mita::wall {
namespace {

using std::chrono::microseconds;

std::int64_t steady_us() {
    return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What a file looked like when its instant was taken. mtime has the kernel tick's grain, so a file written within
// `racy` of being read is read again until it is older: two writes in one tick are then both seen.
struct fingerprint {
    ino_t inode = 0;
    off_t size = -1;
    std::int64_t mtime_ns = 0;
    bool operator==(const fingerprint&) const = default;
};
constexpr std::int64_t racy_ns = 50'000'000;

enum class mode { real, shifted, file };

std::int64_t real_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// The process's clock: the one piece of state that cannot come by constructor, as every stamp in the system reads it.
struct state {
    std::atomic<mode> how{mode::real};
    std::atomic<std::int64_t> shift_us{0};  // shifted and file: now = steady clock + shift
    std::mutex mutex;                       // guards what follows
    std::int64_t ahead_us = 0;              // of the machine's clock, when it was set
    std::int64_t said_us = 0;               // when that was
    std::string path;
    fingerprint seen;
    std::string content;
};

state& clock_state() {
    static state s;
    return s;
}

// `written_ns`: when what was read was written.
std::optional<std::string> read_small(const std::string& path, std::int64_t* written_ns = nullptr) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    struct stat st{};
    if (written_ns != nullptr && ::fstat(fd, &st) == 0)
        *written_ns = st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec;
    std::array<char, 64> buffer;
    // Under refresh()'s lock: a few bytes of a test's local file.
    const auto n = ::read(fd, buffer.data(), buffer.size());  // NOLINT(clang-analyzer-unix.BlockInCriticalSection)
    ::close(fd);
    if (n < 0) return std::nullopt;
    std::string text(buffer.data(), static_cast<std::size_t>(n));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return text;
}

// Takes the file's instant when the file changed. A file being written (empty, half) is taken at the next call.
void refresh(state& s) {
    const std::lock_guard lock(s.mutex);
    struct stat st{};
    if (::stat(s.path.c_str(), &st) != 0) return;
    const fingerprint seen{st.st_ino, st.st_size, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec};
    const bool changed = seen != s.seen;
    if (!changed && real_ns() - seen.mtime_ns > racy_ns) return;
    std::int64_t written_ns = seen.mtime_ns;
    auto text = read_small(s.path, &written_ns);
    if (!text || (!changed && *text == s.content)) return;
    const auto t = parse(*text);
    if (!t) return;
    s.seen = seen;
    s.content = std::move(*text);
    s.said_us = written_ns / 1000;
    s.ahead_us = t->time_since_epoch().count() - s.said_us;
    // The file says what time it was when it was written: whoever reads it later, as a process started later does,
    // has the same time as all others.
    s.shift_us.store(s.ahead_us + real_ns() / 1000 - steady_us(), std::memory_order_relaxed);
}

bool digits(std::string_view text, std::size_t at, std::size_t n, int& out) {
    if (text.size() < at + n) return false;
    out = 0;
    for (std::size_t i = at; i < at + n; ++i) {
        if (text[i] < '0' || text[i] > '9') return false;
        out = out * 10 + (text[i] - '0');
    }
    return true;
}

}  // namespace

std::optional<time_point> instant_in(const std::string& path) {
    const auto text = read_small(path);
    return text ? parse(*text) : std::nullopt;
}

void start_at(std::string_view rfc3339_instant) {
    auto& s = clock_state();
    const auto t = parse(rfc3339_instant);
    if (!t) throw std::invalid_argument("not an RFC 3339 instant: " + std::string(rfc3339_instant));
    {
        const std::lock_guard lock(s.mutex);
        s.said_us = real_ns() / 1000;
        s.ahead_us = t->time_since_epoch().count() - s.said_us;
    }
    s.shift_us.store(t->time_since_epoch().count() - steady_us(), std::memory_order_relaxed);
    s.how.store(mode::shifted, std::memory_order_release);
}

void follow_file(std::string path) {
    auto& s = clock_state();
    if (!instant_in(path))
        throw std::invalid_argument("the clock file cannot be read or holds no RFC 3339 instant: " + path);
    {
        const std::lock_guard lock(s.mutex);
        s.path = std::move(path);
        s.seen = fingerprint{};
        s.content.clear();
    }
    refresh(s);
    s.how.store(mode::file, std::memory_order_release);
}

void follow_system() { clock_state().how.store(mode::real, std::memory_order_release); }

std::optional<moved> moved_by() {
    auto& s = clock_state();
    const auto how = s.how.load(std::memory_order_acquire);
    if (how == mode::real) return std::nullopt;
    moved out;
    out.source = "MITA_CLOCK";
    if (how == mode::file) refresh(s);
    const std::lock_guard lock(s.mutex);
    if (how == mode::file) out.source = s.path;
    out.ahead_us = s.ahead_us;
    out.said_us = s.said_us;
    return out;
}

time_point now() {
    auto& s = clock_state();
    const auto how = s.how.load(std::memory_order_acquire);
    if (how == mode::real) return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
    if (how == mode::file) refresh(s);
    return time_point(microseconds(steady_us() + s.shift_us.load(std::memory_order_relaxed)));
}

std::int64_t unix_seconds() { return std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count(); }

std::string format(time_point t) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const auto us = (t - day).count();
    const auto second = us / 1'000'000;
    std::string out("0000-00-00T00:00:00.000000Z");
    const auto put = [&out](std::size_t end, std::int64_t value, int width) {
        for (; width > 0; --width, value /= 10) out[--end] = static_cast<char>('0' + value % 10);
    };
    put(4, static_cast<int>(date.year()), 4);
    put(7, static_cast<unsigned>(date.month()), 2);
    put(10, static_cast<unsigned>(date.day()), 2);
    put(13, second / 3600, 2);
    put(16, second / 60 % 60, 2);
    put(19, second % 60, 2);
    put(26, us % 1'000'000, 6);
    return out;
}

std::optional<time_point> parse(std::string_view text) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (text.size() < 20 || !digits(text, 0, 4, year) || text[4] != '-' || !digits(text, 5, 2, month) ||
        text[7] != '-' || !digits(text, 8, 2, day) || (text[10] != 'T' && text[10] != 't') ||
        !digits(text, 11, 2, hour) || text[13] != ':' || !digits(text, 14, 2, minute) || text[16] != ':' ||
        !digits(text, 17, 2, second))
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;

    std::size_t at = 19;
    std::int64_t fraction_us = 0;
    if (text[at] == '.') {
        std::int64_t unit = 100'000;
        const std::size_t first = ++at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
            fraction_us += (text[at] - '0') * unit;  // digits past the sixth add nothing: truncated
        if (at == first || at - first > 9 || at == text.size()) return std::nullopt;
    }
    std::chrono::minutes offset{0};
    if (text[at] == '+' || text[at] == '-') {
        int hours = 0, minutes = 0;
        if (text.size() != at + 6 || !digits(text, at + 1, 2, hours) || text[at + 3] != ':' ||
            !digits(text, at + 4, 2, minutes) || hours > 23 || minutes > 59)
            return std::nullopt;
        offset = std::chrono::minutes((text[at] == '-' ? -1 : 1) * (hours * 60 + minutes));
    } else if ((text[at] != 'Z' && text[at] != 'z') || text.size() != at + 1) {
        return std::nullopt;
    }
    const time_point t = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                         std::chrono::seconds(second) + microseconds(fraction_us) - offset;
    const auto utc_year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(t)).year();
    if (utc_year < std::chrono::year(0) || utc_year > std::chrono::year(9999)) return std::nullopt;
    return t;
}

}  // namespace mita::wall
