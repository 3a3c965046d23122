#include "http/check_ready.hpp"

#include "core/metrics.hpp"
#include "http/client.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <iostream>

namespace mita::http {

namespace {

awaitable<unsigned> ask(client& service) {
    const auto limit = deadline::after(std::chrono::seconds(2));
    client_request request(verb::get, "/readyz");
    const auto answer = co_await service.send(std::move(request), limit);
    co_await service.close(limit);
    co_return answer.status;
}

}  // namespace

int check_ready(config& from, const std::string& port_name, std::int64_t fallback) {
    const auto port = static_cast<std::uint16_t>(from.integer(port_name, fallback, 1, 65535));
    from.finish();
    asio::io_context context(1);
    metrics::registry metrics;
    client_options options;
    options.name = "self";
    options.port = port;
    client service(context.get_executor(), options, metrics);
    int status = 1;
    asio::co_spawn(context.get_executor(), ask(service), [&](std::exception_ptr error, unsigned answered) {
        if (!error && answered == 200) {
            status = 0;
            return;
        }
        std::cerr << "not ready";
        try {
            if (error) std::rethrow_exception(error);
            std::cerr << ": status " << answered;
        } catch (const std::exception& e) {
            std::cerr << ": " << e.what();
        }
        std::cerr << '\n';
    });
    context.run_for(std::chrono::seconds(3));
    return status;
}

}  // namespace mita::http
