#include "auth/hashing/prehash.hpp"
#include "auth/hashing/stored_hash.hpp"
#include "unit/hashing/support.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace mita::hashing;
using mita::secret;

namespace {

const std::string good = "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm";

std::string with(std::string text, std::size_t at, char c) {
    text[at] = c;
    return text;
}

}  // namespace

TEST_CASE("A complete bcrypt hash is read and written back as it was") {
    for (const std::string& text : {good, std::string("$2a$14$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
                                    std::string("$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e")}) {
        const auto parsed = bcrypt::parse_hash(text);
        REQUIRE(parsed);
        CHECK(bcrypt::format(parsed->how, parsed->sum) == text);
        CHECK(bcrypt::parse_setting(text.substr(0, 29)) == parsed->how);
    }
}

TEST_CASE("Any setting and digest survive being written and read") {
    CHECK(rc::check([] {
        bcrypt::complete c;
        c.how.kind = *rc::gen::element(bcrypt::variant::a, bcrypt::variant::b, bcrypt::variant::y);
        c.how.cost = *rc::gen::inRange(4U, 15U);
        for (auto& b : c.how.salt) b = *rc::gen::arbitrary<std::uint8_t>();
        for (auto& b : c.sum) b = *rc::gen::arbitrary<std::uint8_t>();
        const auto text = bcrypt::format(c.how, c.sum);
        RC_ASSERT(text.size() == 60U);
        const auto back = bcrypt::parse_hash(text);
        RC_ASSERT(back.has_value());
        RC_ASSERT(back->how == c.how);
        RC_ASSERT(back->sum == c.sum);
    }));
}

TEST_CASE("P4, P5: what is not exactly a bcrypt hash is refused") {
    const std::vector<std::string> bad{"",
                                       "*",
                                       "*0",
                                       "*1",
                                       "!",
                                       "x",
                                       "$",
                                       "$2b$",
                                       "$2$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm",
                                       good.substr(0, 29),
                                       good.substr(0, 59),
                                       good + "a",
                                       good + "\n",
                                       " " + good,
                                       with(good, 2, 'x'),
                                       with(good, 2, 'z'),
                                       with(good, 2, 'B'),
                                       with(good, 1, '3'),
                                       with(good, 0, '*'),
                                       with(good, 3, '.'),
                                       with(good, 6, '/'),
                                       with(good, 5, '3'),
                                       with(good, 4, '/'),
                                       with(good, 5, ':'),
                                       with(good, 4, ' '),
                                       with(with(good, 4, '1'), 5, '5'),
                                       with(with(good, 4, '3'), 5, '1'),
                                       with(with(good, 4, '9'), 5, '9'),
                                       with(good, 10, '?'),
                                       with(good, 10, '='),
                                       with(good, 10, '\0'),
                                       with(good, 40, '-'),
                                       with(good, 40, '\x80'),
                                       with(good, 28, 'P'),   // bits beyond the salt's 128
                                       with(good, 59, 'n')};  // bits beyond the digest's 184
    for (const auto& text : bad) {
        INFO(text);
        CHECK_FALSE(bcrypt::parse_hash(text));
        CHECK_FALSE(parse_stored(text));
    }
    CHECK(bcrypt::parse_hash(with(good, 2, 'x'), bcrypt::allow_x::yes));
    CHECK(parse_stored(with(good, 2, 'x'), bcrypt::allow_x::yes));
}

TEST_CASE("What the parser accepts, crypt_r hashes to a text that begins with the setting") {
    CHECK(rc::check([] {
        std::string text = *rc::gen::element(std::string("$2b$04$cVWp4XaNU8a4v1uMRum2SO"),
                                             std::string("$2y$05$/OK.fbVrR/bpIqNJ5ianF."));
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        text[at] = static_cast<char>(*rc::gen::inRange(1, 256));
        if (bcrypt::parse_setting(text)) RC_ASSERT(by_crypt_r("p", text).substr(0, 29) == text);
    }));
}

TEST_CASE("The stored form names algorithm, cost and pepper") {
    const auto text = format_stored("2024-a", algorithm::bcrypt, good);
    CHECK(text == "$mita$v=1$alg=bcrypt$pepper=2024-a" + good);
    const auto parsed = parse_stored(text);
    REQUIRE(parsed);
    CHECK(parsed->pepper == "2024-a");
    CHECK(parsed->inner == good);
    CHECK(std::get<bcrypt::complete>(parsed->how).how.cost == 4);
    const std::string argon = *argon2::hash("p", {64, 1});
    const auto other = parse_stored(format_stored("1", algorithm::argon2id, argon));
    REQUIRE(other);
    CHECK(std::get<argon2::params>(other->how) == argon2::params{64, 1});
    CHECK_FALSE(parse_stored(good)->pepper);
}

TEST_CASE("P4: a stored form that is not exactly ours is refused") {
    for (const std::string& text :
         {"$mita$v=2$alg=bcrypt$pepper=1" + good, "$mita$v=1$alg=argon2id$pepper=1" + good,
          "$mita$v=1$alg=bcrypt" + good, "$mita$v=1$alg=bcrypt$pepper=" + good,
          "$mita$v=1$alg=bcrypt$pepper=a b" + good, "$mita$v=1$alg=scrypt$pepper=1" + good,
          "$mita$v=1$alg=bcrypt$pepper=12345678901234567" + good, "$mita$v=1$alg=bcrypt$pepper=1" + good + "x",
          "$mita$v=1$alg=bcrypt$pepper=1" + with(good, 2, 'x'), "$mita$v=1$alg=bcrypt$pepper=1$x=1" + good,
          std::string("$mita$v=1$alg=bcrypt$pepper=1"), std::string("$mita$v=1"), "$mita" + good,
          std::string("$argon2id$v=19$m=64,t=1,p=17$c2FsdHNhbHQ$c2FsdHNhbHQ"), std::string(600, '$')}) {
        INFO(text);
        CHECK_FALSE(parse_stored(text, bcrypt::allow_x::yes));
    }
}

TEST_CASE("argon2id texts are read strictly and within limits") {
    CHECK(argon2::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$c3Vt") == argon2::params{19456, 2});
    for (const char* text :
         {"", "$argon2i$v=19$m=64,t=1,p=1$YQ$YQ", "$argon2id$v=16$m=64,t=1,p=1$YQ$YQ",
          "$argon2id$v=19$m=064,t=1,p=1$YQ$YQ", "$argon2id$v=19$m=64,t=1,p=17$YQ$YQ",
          "$argon2id$v=19$m=64,t=0,p=1$YQ$YQ", "$argon2id$v=19$m=300000,t=1,p=1$YQ$YQ",
          "$argon2id$v=19$m=64,t=11,p=1$YQ$YQ", "$argon2id$v=19$m=64,t=1,p=1$YQ", "$argon2id$v=19$m=64,t=1,p=1$$YQ",
          "$argon2id$v=19$m=64,t=1,p=1$YQ$YQ$", "$argon2id$v=19$m=-64,t=1,p=1$YQ$YQ",
          "$argon2id$v=19$m=4,t=1,p=1$YQ$YQ", "$argon2id$v=19$m=99999999999,t=1,p=1$YQ$YQ",
          "$argon2id$v=19$m=", "$argon2id$v=19$m=64,t=", "$argon2id$v=19$m=64,t=1,p="}) {
        INFO(text);
        CHECK_FALSE(argon2::parse(text));
        CHECK_FALSE(argon2::verify("p", text));
    }
}

TEST_CASE("P1: a hash weaker or older than the policy is to be renewed; a costlier one is left alone") {
    policy p;
    const auto at_cost = [](char kind, unsigned cost) {
        return bcrypt::format(setting_of(kind, cost, 1), bcrypt::digest{});
    };
    CHECK_FALSE(needs_rehash(format_stored("1", algorithm::bcrypt, at_cost('b', 12)), p));
    CHECK_FALSE(needs_rehash(format_stored("1", algorithm::bcrypt, at_cost('b', 13)), p));
    CHECK(needs_rehash(format_stored("1", algorithm::bcrypt, at_cost('b', 11)), p));
    CHECK(needs_rehash(format_stored("0", algorithm::bcrypt, at_cost('b', 12)), p));
    CHECK(needs_rehash(at_cost('b', 12), p));
    CHECK(needs_rehash(at_cost('x', 12), p));
    CHECK(needs_rehash("", p));
    CHECK(needs_rehash("!", p));
    const std::string argon = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$c3Vt";
    CHECK(needs_rehash(format_stored("1", algorithm::argon2id, argon), p));
    p.alg = algorithm::argon2id;
    CHECK_FALSE(needs_rehash(format_stored("1", algorithm::argon2id, argon), p));
    CHECK(needs_rehash(format_stored("1", algorithm::bcrypt, at_cost('b', 12)), p));
    p.argon2.passes = 3;
    CHECK(needs_rehash(format_stored("1", algorithm::argon2id, argon), p));
}

TEST_CASE("P2: the prehash is base64 of HMAC-SHA-384, whatever the length") {
    pepper_ring ring;
    ring.add("1", secret(std::string(32, 'k')));
    ring.add("2", secret(std::string(48, 'q')));
    // Computed with another program: base64(hmac_sha384(b"k"*32, b"hello")).
    CHECK(ring.prehash("1", "hello")->view() == "bpCLD7R/Bg8RYkeYuYKHFz6jM5iHKMr4NGfBV3ijiTf2yljueaNusXTr9HfvQi40");
    for (const std::size_t n : {0, 1, 72, 73, 512}) CHECK(ring.prehash("1", std::string(n, 'a'))->view().size() == 64);
    const std::string prefix(72, 'a');
    CHECK(ring.prehash("1", prefix + "b")->view() != ring.prehash("1", prefix + "c")->view());
    CHECK(ring.prehash("1", std::string("a\0b", 3))->view() != ring.prehash("1", std::string("a\0c", 3))->view());
    CHECK(ring.prehash("1", "a")->view() != ring.prehash("2", "a")->view());
    CHECK_FALSE(ring.prehash("3", "a"));
    CHECK_THROWS_AS(ring.add("1", secret(std::string(32, 'x'))), std::invalid_argument);
    CHECK_THROWS_AS(ring.add("3", secret(std::string(31, 'x'))), std::invalid_argument);
    CHECK_THROWS_AS(ring.add("a$b", secret(std::string(32, 'x'))), std::invalid_argument);
}
