// What is counted about TLS handshakes: mita_http_tls_handshakes_total{service,result}, and how many are in progress.
// One per worker and server.
#pragma once

#include "core/metrics.hpp"

#include <string>

namespace mita::http {

struct handshake_log {
    handshake_log(const std::string& service, metrics::registry& r)
        : good(made(service, r, "good")),
          failed(made(service, r, "failed")),
          timed_out(made(service, r, "timed_out")),
          refused(made(service, r, "refused")),
          in_progress(r.make_gauge("mita_http_tls_handshakes_in_progress", "TLS handshakes that were begun.",
                                   {{"service", service}})) {}

    metrics::counter &good, &failed, &timed_out, &refused;  // refused: too many were in progress
    metrics::gauge& in_progress;
    unsigned now = 0;

private:
    static metrics::counter& made(const std::string& service, metrics::registry& r, const char* result) {
        return r.make_counter("mita_http_tls_handshakes_total", "TLS handshakes by how they ended.",
                              {{"service", service}, {"result", result}});
    }
};

}  // namespace mita::http
