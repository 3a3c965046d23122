#include "core/secret.hpp"

#include <catch2/catch.hpp>

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

using mita::secret;

namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };

}  // namespace

TEST_CASE("T13: a secret leaves nothing behind in the string it took or the secret it moved from") {
    std::string text = "hunter2";
    secret a(std::move(text));
    CHECK(text.empty());
    CHECK(std::string_view(text.data(), 7).find("hunter") == std::string_view::npos);
    secret b(std::move(a));
    CHECK(a.empty());
    CHECK(b.view() == "hunter2");
    a = std::move(b);
    CHECK(a.view() == "hunter2");
    CHECK(b.empty());
}

TEST_CASE("T13: a secret is never copied by accident, and a copy said aloud shares nothing") {
    STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<secret>);
    STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<secret>);
    STATIC_REQUIRE(std::is_nothrow_move_constructible_v<secret>);
    secret a("one, long enough to live on the heap for sure");
    const secret b = a.copy();
    CHECK(a == b);
    a = secret("two");
    CHECK(a.view() == "two");
    CHECK(b.view().starts_with("one"));
}

TEST_CASE("T13: a secret has no operator<<") { STATIC_REQUIRE_FALSE(printable<secret>); }

TEST_CASE("Secrets compare by all their bytes, NUL among them, and by length") {
    const secret a(std::string_view("k\0y", 3));
    CHECK(a == secret(std::string_view("k\0y", 3)));
    CHECK(a == std::string_view("k\0y", 3));
    CHECK_FALSE(a == std::string_view("k\0z", 3));
    CHECK_FALSE(a == std::string_view("k"));
    CHECK(secret() == secret(""));
}
