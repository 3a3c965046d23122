#include "auth/hashing/initial_state.hpp"
#include "auth/hashing/lane_engine.hpp"
#include "unit/hashing/support.hpp"

#include <openssl/evp.h>
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <array>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

using namespace mita::hashing;

namespace {

struct vector {
    const char* password;
    const char* hash;
};

// Written down from public test suites: crypt_blowfish's wrapper (Openwall, public domain; the first ones since 1998,
// the rest with the fix of the sign bug in 2011) and the $2b$ set of pyca/bcrypt.
const std::vector<vector> published{
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
    {"U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"},
    {"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
     "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"},
    {"\xa3", "$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"},
    {"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"},
    {"\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
    {"\xff\xff\xa3", "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
    {"Kk4DQuMMfZL9o", "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"},
    {"9IeRXmnGxMYbs", "$2b$04$pQ7gRO7e6wx/936oXhNjrOUNOHL1D0h1N2IDbJZYs.1ppzSof6SPy"},
    {"xVQVbwa1S0M8r", "$2b$04$SQe9knOzepOVKoYXo9xTteNYr6MBwVz4tpriJVe3PNgYufGIsgKcW"},
    {"Zfgr26LWd22Za", "$2b$04$eH8zX.q5Q.j2hO1NkVYJQOM6KxntS/ow3.YzVmFrE4t//CoF4fvne"},
    {"Tg4daC27epFBE", "$2b$04$ahiTdwRXpUG2JLRcIznxc.s1.ydaPGD372bsGs8NqyYjLY1inG5n2"},
    {"xhQPMmwh5ALzW", "$2b$04$nQn78dV0hGHf5wUBe0zOFu8n07ZbWWOKoGasZKRspZxtt.vBRNMIy"},
    {"59je8h5Gj71tg", "$2b$04$cvXudZ5ugTg95W.rOjMITuM1jC0piCl3zF5cmGhzCibHZrNHkmckG"},
    {"wT4fHJa2N9WSW", "$2b$04$YYjtiq4Uh88yUsExO0RNTuEJ.tZlsONac16A8OcLHleWFjVawfGvO"},
    {"uSgFRnQdOgm4S", "$2b$04$WLTjgY/pZSyqX/fbMbJzf.qxCeTMQOzgL.CimRjMHtMxd/VGKojMu"},
    {"tEPtJZXur16Vg", "$2b$04$2moPs/x/wnCfeQ5pCheMcuSJQ/KYjOZG780UjA/SiR.KsYWNrC7SG"},
    {"vvho8C6nlVf9K", "$2b$04$HrEYC/AQ2HS77G78cQDZQ.r44WGcruKw03KHlnp71yVQEwpsi3xl2"},
    {"5auCCY9by0Ruf", "$2b$04$vVYgSTfB8KVbmhbZE/k3R.ux9A0lJUM4CZwCkHI9fifke2.rTF7MG"},
    {"GtTkR6qn2QOZW", "$2b$04$JfoNrR8.doieoI8..F.C1OQgwE3uTeuardy6lw0AjALUzOARoyf2m"},
    {"zKo8vdFSnjX0f", "$2b$04$HP3I0PUs7KBEzMBNFw7o3O7f/uxaZU7aaDot1quHMgB2yrwBXsgyy"},
    {"I9VfYlacJiwiK", "$2b$04$xnFVhJsTzsFBTeP3PpgbMeMREb6rdKV9faW54Sx.yg9plf4jY8qT6"},
    {"VFPO7YXnHQbQO", "$2b$04$WQp9.igoLqVr6Qk70mz6xuRxE0RttVXXdukpR9N54x17ecad34ZF6"},
    {"VDx5BdxfxstYk", "$2b$04$xgZtlonpAHSU/njOCdKztOPuPFzCNVpB4LGicO4/OGgHv.uKHkwsS"},
    {"dEe6XfVGrrfSH", "$2b$04$2Siw3Nv3Q/gTOIPetAyPr.GNj3aO0lb1E5E9UumYGKjP9BYqlNWJe"},
    {"cTT0EAFdwJiLn", "$2b$04$7/Qj7Kd8BcSahPO4khB8me4ssDJCW3r4OGYqPF87jxtrSyPj5cS5m"},
    {"J8eHUDuxBB520", "$2b$04$VvlCUKbTMjaxaYJ.k5juoecpG/7IzcH1AkmqKi.lIZMVIOLClWAk."},
    {"}>\xb3\xfe\xf1\x8b\xa0\xe6(\xa2Lzq\xc3P\x7f\xcc\xc8"
     "b{\xf9\x14\xf6\xf6`\x81G5\xec\x1d\x87\x10\xbf\xa7\xe1}I7 \x96\xdf"
     "c\xf2\xbf\xb3Vh\xdfM\x88q\xf7\xff\x1b\x82~z\x13\xdd\xe9\x84\x00\xdd"
     "4",
     "$2b$10$keO.ZZs22YtygVF6BLfhGOI/JjshJYPp8DZsUtym6mJV2Eha2Hdd."},
    {"g7\x0d\x01\xf3\xd4\xd0\xa9JB^\x18\x00"
     "7P\xb2N\xc7\x1c\xee\x87&\x83"
     "C\x8b\xe8\x18\xc5>\x86\x14/\xd6\xcc\x1cJ\xde\xd7ix\xeb\xdeO\xef\xe1i\xac\xcb\x03\x96v1' "
     "\xd6@.m\xa5!\xa0\xef\xc0(",
     "$2a$04$tecY.9ylRInW/rAAzXCXPOOlyYeCNzmNTzPDNSIFztFMKbvs/s5XG"},
};

// The two pyca passwords hold a NUL: their length is not strlen.
std::string password_of(const vector& v) {
    const std::string s = v.hash;
    if (s.starts_with("$2b$10$keO")) return std::string(v.password, 64);
    if (s.starts_with("$2a$04$tec")) return std::string(v.password, 64);
    return v.password;
}

std::string hex_sha256_of_initial_state() {
    std::string bytes;
    for (const auto w : initial_state) {
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(w >> shift));
    }
    std::array<unsigned char, 32> sum{};
    unsigned n = 0;
    EVP_Digest(bytes.data(), bytes.size(), sum.data(), &n, EVP_sha256(), nullptr);
    std::string hex;
    for (const auto b : sum) {
        hex += "0123456789abcdef"[b >> 4];
        hex += "0123456789abcdef"[b & 15];
    }
    return hex;
}

// `widths` × one list of tasks, each answer compared with crypt_r's (computed once).
void same_as_crypt_r(const std::vector<task>& tasks, const std::vector<unsigned>& widths) {
    std::vector<std::string> expected;
    for (const auto& t : tasks) expected.push_back(by_crypt_r(t.password, bcrypt::format(t.how)));
    for (const auto* kernels : available_kernels()) {
        for (const unsigned width : widths) {
            INFO(kernels->name << ", " << width << " lanes");
            CHECK(by_lanes(*kernels, width, tasks) == expected);
        }
    }
}

const std::vector<unsigned> every_width{1, 2, 3, 4, 5, 6};

// Sanitizers slow crypt_r down too: there one length in nine stands for the others.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool all_by_night = false;
#else
constexpr bool all_by_night = true;
#endif

// From where, and in what steps, the many are gone through: all by night, each ninth by day, another ninth each day.
struct steps {
    std::size_t first, step;
};
steps by_day() {
    if (all_by_night && std::getenv("MITA_NIGHTLY") != nullptr) return {0, 1};
    return {static_cast<std::size_t>(std::time(nullptr) / 86400 % 9), 9};
}

}  // namespace

TEST_CASE("The initial state is the fraction of pi", "[one-thread]") {
    CHECK(initial_state[0] == 0x243f6a88);
    CHECK(initial_state[1] == 0x85a308d3);
    CHECK(initial_state[18] == 0xd1310ba6);
    CHECK(initial_state.back() == 0x3ac372e6);
    CHECK(hex_sha256_of_initial_state() == "b5643208907b11b20e499a42187dc921f9579d28dadfccbe69a5ce232a55952f");
}

TEST_CASE("Published vectors come out at every lane count, by every kernel", "[one-thread]") {
    std::vector<task> tasks;
    std::vector<std::string> expected;
    for (const auto& v : published) {
        const auto parsed = bcrypt::parse_hash(v.hash, bcrypt::allow_x::yes);
        REQUIRE(parsed);
        tasks.push_back({password_of(v), parsed->how});
        expected.emplace_back(v.hash);
    }
    REQUIRE(available_kernels().back() == &portable_kernels);
    for (const auto* kernels : available_kernels()) {
        for (const unsigned width : every_width) {
            INFO(kernels->name << ", " << width << " lanes");
            CHECK(by_lanes(*kernels, width, tasks) == expected);
        }
    }
}

TEST_CASE("Every length from 0 to 80 equals crypt_r in each variant, at every lane count", "[one-thread]") {
    std::vector<task> tasks;
    for (const char kind : {'a', 'b', 'y', 'x'}) {
        for (std::size_t length = 0; length <= 80; ++length) {
            std::string password;
            for (std::size_t i = 0; i < length; ++i)
                password.push_back(static_cast<char>(1 + (i * 37 + length * 11) % 255));
            tasks.push_back({password, setting_of(kind, 4, static_cast<std::uint32_t>(length))});
        }
    }
    same_as_crypt_r(tasks, every_width);
}

TEST_CASE("Every byte value at every place of a word equals crypt_r in each variant", "[one-thread]") {
    std::vector<task> tasks;
    for (const char kind : {'a', 'b', 'x'}) {
        for (unsigned byte = 1; byte < 256; ++byte) {
            std::string password = "abcdefgh";
            password[byte % 4] = static_cast<char>(byte);
            tasks.push_back({password, setting_of(kind, 4, byte)});
            if (byte >= 128 || byte % 16 == 0)
                tasks.push_back({std::string(1 + byte % 72, static_cast<char>(byte)), setting_of(kind, 4, byte)});
        }
    }
    same_as_crypt_r(tasks, {6});
}

TEST_CASE("Every length with every byte value equals crypt_r", "[one-thread]") {
    const auto [first, step] = by_day();
    for (std::size_t length = 1 + first; length <= 72; length += step) {
        std::vector<task> tasks;
        for (unsigned byte = 1; byte < 256; ++byte) {
            tasks.push_back({std::string(length, static_cast<char>(byte)), setting_of("ab"[byte % 2], 4, byte)});
        }
        same_as_crypt_r(tasks, {6});
    }
}

TEST_CASE("The guard of $2a$ against the sign bug's collisions equals libxcrypt's", "[one-thread]") {
    // Words whose faulty expansion is the correct one although a high bit was shifted in: 0xff before it.
    std::vector<task> tasks;
    for (const char* password :
         {"\xff\xff\xa3", "\xff\xa3", "\xff\xff\xff\xa3", "\xff\xa3\x34\xff\xff\xff\xa3\x34\x35", "1\xa3\x34\x35",
          "\xff\xa3\x34\x35", "\xff\xff\xff\xff", "\xa3", "\x80", "\xff", "a\xff", "aaaa\xff\xff\xff\xa3"}) {
        for (const char kind : {'a', 'b', 'y', 'x'}) tasks.push_back({password, setting_of(kind, 5, 7)});
    }
    same_as_crypt_r(tasks, every_width);
}

TEST_CASE("Costs mixed in one thread, each lane refilled as it ends, equal crypt_r", "[one-thread]") {
    std::vector<task> tasks;
    for (unsigned i = 0; i < 20; ++i)
        tasks.push_back({"password " + std::to_string(i), setting_of('b', 4 + i * 7 % 5, i)});
    same_as_crypt_r(tasks, every_width);
}

TEST_CASE("Costs 9 to 12 equal crypt_r", "[one-thread]") {
    std::vector<task> tasks;
    for (const unsigned cost : {12U, 9U, 10U, 11U}) tasks.push_back({"cost", setting_of('b', cost, cost)});
    same_as_crypt_r(tasks, {4});
}

TEST_CASE("Costs 13 and 14 equal crypt_r", "[one-thread]") {
    std::vector<task> tasks;
    for (const unsigned cost : {14U, 13U, 12U}) tasks.push_back({"cost", setting_of('b', cost, cost)});
    same_as_crypt_r(tasks, {3});
}

TEST_CASE("P2: NUL is an ordinary byte, and what follows it counts", "[one-thread]") {
    const auto how = setting_of('b', 4, 1);
    const std::vector<task> tasks{{std::string("abc\0def", 7), how},
                                  {std::string("abc\0deg", 7), how},
                                  {std::string("abc\0def\0\0", 9), how},
                                  {"abc", how}};
    for (const auto* kernels : available_kernels()) {
        const auto sums = by_lanes(*kernels, 4, tasks);
        CHECK(sums[0] != sums[1]);
        CHECK(sums[0] != sums[2]);
        CHECK(sums[0] != sums[3]);
    }
}

TEST_CASE("Random passwords, salts, variants and costs equal crypt_r in any mixture of lanes", "[one-thread]") {
    CHECK(rc::check("lanes equal crypt_r", [] {
        const auto count = *rc::gen::inRange<std::size_t>(1, 10);
        std::vector<task> tasks;
        std::vector<std::string> expected;
        for (std::size_t i = 0; i < count; ++i) {
            const auto length = *rc::gen::inRange<std::size_t>(0, 90);
            auto password = *rc::gen::container<std::string>(
                length, rc::gen::map(rc::gen::inRange(1, 256), [](int v) { return static_cast<char>(v); }));
            const char kind = *rc::gen::element('a', 'b', 'y', 'x');
            tasks.push_back(
                {password, setting_of(kind, *rc::gen::inRange(4U, 6U), *rc::gen::arbitrary<std::uint32_t>())});
            expected.push_back(by_crypt_r(password, bcrypt::format(tasks.back().how)));
        }
        const auto width = *rc::gen::inRange(1U, max_lanes + 1);
        for (const auto* kernels : available_kernels()) RC_ASSERT(by_lanes(*kernels, width, tasks) == expected);
    }));
}

TEST_CASE("A lane given up leaves the others right", "[one-thread]") {
    for (const auto* kernels : available_kernels()) {
        lane_engine engine(*kernels);
        const auto how = setting_of('b', 4, 3);
        for (unsigned i = 0; i < 6; ++i) engine.start(i, "lane " + std::to_string(i), how);
        for (int i = 0; i < 5; ++i) engine.step();
        engine.drop(0);
        engine.drop(2);
        CHECK(engine.active() == 4);
        while (engine.soonest() > 0) engine.step();
        while (engine.active() > 0) {
            const auto who = engine.owner(0);
            const auto sum = engine.take(0);
            CHECK(bcrypt::format(how, sum) == by_crypt_r("lane " + std::to_string(who), bcrypt::format(how)));
        }
    }
}

TEST_CASE("An unusable width is made of smaller ones with the same results", "[one-thread]") {
    lane_widths some = all_widths;
    some[2] = some[5] = some[6] = false;
    lane_engine engine(portable_kernels, some);
    const auto how = setting_of('b', 4, 9);
    for (unsigned i = 0; i < 6; ++i) engine.start(i, std::to_string(i), how);
    while (engine.soonest() > 0) engine.step();
    for (unsigned i = 6; i-- > 0;) {
        const auto who = engine.owner(i);
        CHECK(bcrypt::format(how, engine.take(i)) == by_crypt_r(std::to_string(who), bcrypt::format(how)));
    }
}
