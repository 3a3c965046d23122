#include "gateway/reload_command.hpp"

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "gateway/settings.hpp"
#include "http/client.hpp"
#include "jwt/bearer.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace mita::gateway {

namespace {

constexpr std::chrono::seconds patience{5};

awaitable<std::string> ask(http::client& gateway, std::string authorization) {
    http::client_request request(http::verb::post, "/reload");
    request.headers = std::move(authorization);
    const auto limit = deadline::after(patience);
    const auto answer = co_await gateway.send(std::move(request), limit);
    co_await gateway.close(limit);
    if (answer.status < 300) co_return std::string();
    co_return "the gateway answered " + std::to_string(answer.status) + ": " + std::string(answer.body);
}

}  // namespace

int reload(config& from) {
    const settings set(from);
    asio::io_context context(1);
    logger log("reload", log_level::off);
    metrics::registry metrics;
    http::client_options options;
    options.name = "self";
    options.port = set.internal_port;
    http::client gateway(context.get_executor(), options, log, metrics);
    std::string fault = "the gateway did not answer in time";
    asio::co_spawn(context.get_executor(), ask(gateway, jwt::authorization_line(set.internal_token)),
                   [&fault](std::exception_ptr error, std::string answered) {
                       fault = std::move(answered);
                       try {
                           if (error) std::rethrow_exception(error);
                       } catch (const std::exception& e) {
                           fault = e.what();
                       }
                   });
    context.run_for(patience + std::chrono::seconds(1));
    if (fault.empty()) return 0;
    std::cerr << "not reloaded: " << fault << '\n';
    return 1;
}

}  // namespace mita::gateway
