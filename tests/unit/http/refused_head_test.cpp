#include "http/refused_head.hpp"

#include <catch2/catch.hpp>

#include <string>

using mita::http::field_in_refused;

TEST_CASE("R18: the Origin of a refused head is found among its whole lines, and nowhere else") {
    const std::string origin = "https://app.example.org", line = "oRIGIN:  " + origin + " \r\n";
    for (const auto& head : {"GET / HTTP/1.1\r\n" + line, "\r\n\r\nGET / HTTP/9.9\r\nA: b\r\n" + line + "\r\n",
                             "GET / HTTP/1.1\r\nBad : x\r\n" + line, "GET / HTTP/1.1\n" + line,
                             "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: x\r\n" + line}) {
        INFO(head.substr(0, 80));
        CHECK(field_in_refused(head, "Origin") == origin);
    }
    for (const auto& head : {std::string(), std::string("GET / HTTP/1.1\r\n"),
                             "GET / HTTP/1.1\r\nOrigin: " + origin,       // its end is not here
                             "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + line,  // of the body
                             line + "Host: x\r\n", "GET / HTTP/1.1\r\nX-" + line, "GET / HTTP/1.1\r\n " + line}) {
        INFO(head.substr(0, 80));
        CHECK(field_in_refused(head, "Origin").empty());
    }
}
