#include "db/url.hpp"

#include <catch2/catch.hpp>

using namespace mita;

TEST_CASE("a URL names its role and password, percent-decoded; keyword strings do as well") {
    const auto uri = db::credentials_of(secret("postgres://me%40x:p%2Fw%20d@host:5433/base"));
    CHECK(uri.user == "me@x");
    CHECK(uri.password == secret("p/w d"));
    const auto words = db::credentials_of(secret("host=h user='a b' password='it\\'s'"));
    CHECK(words.user == "a b");
    CHECK(words.password == secret("it's"));
    CHECK(db::credentials_of(secret("postgresql:///base")).user.empty());
    CHECK_THROWS_AS(db::credentials_of(secret("postgresql://[nonsense")), std::invalid_argument);
    CHECK_THROWS_AS(db::credentials_of(secret("no_such_keyword=1")), std::invalid_argument);
}

TEST_CASE("session settings become startup options, escaped, and what the URL says itself comes last and wins") {
    db::session_settings s;
    s.application_name = "mita-x";
    s.search_path = "a, \"b \\c\"";
    s.statement_timeout = std::chrono::milliseconds(1500);
    const auto plain = db::startup_of(secret("postgresql://h/base"), s);
    CHECK(plain.value("options") == "-c search_path=a,\\ \"b\\ \\\\c\" -c jit=off -c statement_timeout=1500");
    CHECK(plain.value("application_name") == "mita-x");
    CHECK(plain.value("client_encoding") == "UTF8");
    CHECK(plain.value("keepalives_idle") == "10");
    CHECK(plain.value("tcp_user_timeout") == "10000");
    const auto own = db::startup_of(
        secret("postgresql://h/base?options=-c%20statement_timeout%3D9&application_name=mine&keepalives_idle=60"), s);
    CHECK(own.value("options").ends_with(" -c statement_timeout=9"));
    CHECK(own.value("application_name") == "mine");
    CHECK(own.value("keepalives_idle") == "60");
    CHECK(db::startup_of(secret("postgresql://h/base"), db::session_settings()).value("options") == "-c jit=off");
}

TEST_CASE("only names need DNS: not sockets, not numeric addresses, not hosts with an address given") {
    const auto needs = [](const char* url) {
        std::string out;
        for (const auto& e : db::endpoints_of(db::conninfo(secret(url)))) out += e.needs_dns ? 'y' : 'n';
        return out;
    };
    CHECK(needs("host=db.example") == "y");
    CHECK(needs("host=/run/postgresql") == "n");
    CHECK(needs("host=@abstract") == "n");
    CHECK(needs("host=127.0.0.1") == "n");
    CHECK(needs("host=::1") == "n");
    CHECK(needs("host=db.example hostaddr=10.0.0.1") == "n");
    CHECK(needs("host=db.example,10.0.0.1,/tmp") == "ynn");
    CHECK(needs("hostaddr=10.0.0.1,10.0.0.2") == "nn");
}

TEST_CASE("endpoints go back as lists that keep their ports") {
    db::conninfo info(secret("host=a,b port=1,2"));
    auto endpoints = db::endpoints_of(info);
    REQUIRE(endpoints.size() == 2);
    CHECK(endpoints[1].port == "2");
    endpoints[0].hostaddr = "10.0.0.1";
    endpoints.insert(endpoints.begin() + 1, endpoints[0]);
    endpoints[1].hostaddr = "10.0.0.2";
    db::set_endpoints(info, endpoints);
    CHECK(info.value("host") == "a,a,b");
    CHECK(info.value("hostaddr") == "10.0.0.1,10.0.0.2,");
    CHECK(info.value("port") == "1,1,2");
    const auto one_port = db::endpoints_of(db::conninfo(secret("host=a,b port=7")));
    CHECK(one_port[1].port == "7");
}
