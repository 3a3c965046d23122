// What is counted and logged about finished exchanges: mita_http_requests_total{service,method,route,status},
// mita_http_request_duration_seconds{service,route} (all methods together: its lines are multiplied by the routes), one
// log line. A HEAD counts as the GET that it stands for; operational routes are counted, not timed. Where the counter
// has 200 series, refusals that it does not know yet are counted by class: status="4xx", "5xx". One per worker; metric
// cells are found without allocation after their first use.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "http/message.hpp"
#include "http/part_times.hpp"
#include "http/server.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mita::http {

struct exchange_facts {
    std::chrono::steady_clock::time_point began{}, ended{};
    const part_times* parts = nullptr;  // for a slow one
    std::chrono::microseconds took{0};
    std::uint64_t bytes_in = 0, bytes_out = 0;
    bool known_method = true;      // false: the head was malformed, req.method says nothing
    std::string_view reason = {};  // when the answer did not leave whole; else the problem's code
};

class exchange_log {
public:
    exchange_log(const server_options& o, logger& log, metrics::registry& registry);
    void finished(const request& req, const response& res, const exchange_facts& facts);
    void adjust(const server_options& o);  // what is slow, and whether all are logged
    void malformed(std::string_view rule);

private:
    struct cell {
        const char* route = nullptr;  // identity of the literal
        unsigned method = 0, status = 0;
        bool operational = false;
        metrics::counter* count = nullptr;
        metrics::histogram* duration = nullptr;  // null: operational
    };
    cell& find(const request& req, unsigned method, unsigned status);
    cell make(const request& req, unsigned method, unsigned status);
    void write(const request& req, const response& res, const exchange_facts& facts);

    std::string service_, malformed_metric_;
    logger& log_;
    metrics::registry& registry_;
    std::chrono::milliseconds slow_;
    bool log_all_;
    latency_window* window_;
    std::vector<cell> cells_;  // open addressing, a power of two, at most half full
    std::size_t used_ = 0;
    std::vector<std::pair<std::string, metrics::counter*>> rules_;
};

}  // namespace mita::http
