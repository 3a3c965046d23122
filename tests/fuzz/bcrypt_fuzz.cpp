// Our bcrypt against crypt_r: the input makes one to six passwords with settings, hashed together by every kernel and
// started at different rounds; and the parsers of stored text read the raw input. Any difference, or a text accepted
// that does not print back the same, aborts.
#include <crypt.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/hashing/bcrypt_format.hpp"
#include "auth/hashing/lane_engine.hpp"
#include "auth/hashing/stored_hash.hpp"

namespace {

using namespace mita::hashing;

struct reader {
    const std::uint8_t* data;
    std::size_t left;

    std::uint8_t byte() {
        if (left == 0) return 0;
        --left;
        return *data++;
    }
};

struct task {
    std::string password;
    bcrypt::setting how;
    unsigned delay;  // rounds before it starts
    std::string expected;
};

void check(bool ok) {
    if (!ok) std::abort();
}

void parse_anything(std::string_view text) {
    if (const auto hash = bcrypt::parse_hash(text, bcrypt::allow_x::yes))
        check(bcrypt::format(hash->how, hash->sum) == text);
    if (const auto setting = bcrypt::parse_setting(text)) check(bcrypt::format(*setting) == text);
    if (const auto stored = parse_stored(text)) check(text.ends_with(stored->inner));
    (void)needs_rehash(text, policy{});
}

std::vector<task> tasks_from(reader in) {
    std::vector<task> tasks(1 + in.byte() % max_lanes);
    const auto oracle = std::make_unique<crypt_data>();
    for (task& t : tasks) {
        const std::uint8_t shape = in.byte();
        t.how.kind = static_cast<bcrypt::variant>("abxy"[shape % 4]);
        t.how.cost = 4;
        t.delay = (shape >> 2) % 8;
        for (auto& b : t.how.salt) b = in.byte();
        const std::size_t length = in.byte() % 80;
        for (std::size_t i = 0; i < length; ++i) {
            const std::uint8_t b = in.byte();
            t.password.push_back(static_cast<char>(b == 0 ? 0xff : b));  // crypt_r cannot carry a NUL
        }
        const char* const out = crypt_r(t.password.c_str(), bcrypt::format(t.how).c_str(), oracle.get());
        check(out != nullptr && out[0] == '$');
        t.expected = out;
    }
    return tasks;
}

void compare(const lane_kernels& kernels, const std::vector<task>& tasks) {
    lane_engine engine(kernels);
    std::size_t answered = 0;
    for (unsigned round = 0; answered < tasks.size(); ++round) {
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            if (tasks[i].delay == round)
                engine.start(static_cast<lane_engine::tag>(i), tasks[i].password, tasks[i].how);
        }
        engine.step();
        for (unsigned lane = engine.active(); lane-- > 0;) {
            if (engine.remaining(lane) > 0) continue;
            const task& t = tasks[engine.owner(lane)];
            check(bcrypt::format(t.how, engine.take(lane)) == t.expected);
            ++answered;
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    parse_anything({reinterpret_cast<const char*>(data), size});
    const auto tasks = tasks_from({data, size});
    for (const auto* kernels : available_kernels()) compare(*kernels, tasks);
    return 0;
}
