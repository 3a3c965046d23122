#include "gateway/ops/scrape.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace mita::gateway {

TEST_CASE("what the page shows of a scrape: the families it knows, without help and types") {
    CHECK(shown_of("# HELP mita_http_requests_total x\n# TYPE mita_http_requests_total counter\n"
                   "mita_http_requests_total{status=\"200\"} 3\nmita_build_info{version=\"1\"} 1\n"
                   "mita_auth_event_loop_lag_seconds 0.001\n# EOF\n") ==
          "mita_http_requests_total{status=\"200\"} 3\nmita_auth_event_loop_lag_seconds 0.001\n");
    CHECK(shown_of("").empty());
    CHECK(shown_of("process_cpu_seconds_total 1.5") == "process_cpu_seconds_total 1.5\n");  // no last line end
}

TEST_CASE("of a histogram the buckets that hold something of their own, with their exemplars") {
    const std::string name = "mita_http_request_duration_seconds_bucket";
    const std::string one = name + "{route=\"/v1/calendar/{date}\",le=\"", two = name + "{route=\"/b\",le=\"";
    const std::string shown =
        one + "0.01\"} 2 # {trace_id=\"ab\"} 0.009 17.5\n" + one + "+Inf\"} 3\n" + two + "0.01\"} 3\n";
    CHECK(shown_of(one + "0.005\"} 0\n" + one + "0.01\"} 2 # {trace_id=\"ab\"} 0.009 17.5\n" + one + "0.1\"} 2\n" +
                   one + "+Inf\"} 3\n" + two + "0.01\"} 3\n" + two + "+Inf\"} 3\n" +
                   "mita_http_request_duration_seconds_sum 1\n") == shown);
}

}  // namespace mita::gateway
