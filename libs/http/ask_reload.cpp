#include "http/ask_reload.hpp"

#include "core/json_reader.hpp"
#include "core/metrics.hpp"
#include "http/client.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <string_view>
#include <utility>

namespace mita::http {

namespace {

constexpr std::chrono::seconds patience{5};

struct answered {
    unsigned status = 0;
    std::string body;
};

awaitable<answered> ask(client& service, std::string authorization) {
    client_request request(verb::post, "/reload");
    request.headers = std::move(authorization);
    const auto limit = deadline::after(patience);
    const auto answer = co_await service.send(std::move(request), limit);
    co_await service.close(limit);
    co_return answered{answer.status, std::string(answer.body)};
}

// A problem's detail, or whatever else it is.
std::string why_of(const answered& got) {
    try {
        json_document told(got.body);
        auto all = told.object();
        if (all.has("detail")) return all.string("detail", 0, got.body.size());
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Then as it is.
    }
    return "the service answered " + std::to_string(got.status) + ": " + got.body;
}

// Every address of this machine: itself, then.
std::string reachable(const std::string& listen) {
    if (listen == "0.0.0.0") return "127.0.0.1";
    if (listen == "::") return "[::1]";
    return listen.find(':') == std::string::npos ? listen : "[" + listen + "]";
}

// "A, B" of a list of texts.
std::string names_in(json_object& all, std::string_view member) {
    constexpr std::size_t most = 1'000;
    std::string out;
    for (const auto& name : all.strings(member, most, most)) out += (out.empty() ? "" : ", ") + name;
    return out;
}

void tell(const std::string& body) {
    json_document told(body);
    auto all = told.object();
    const auto applied = names_in(all, "applied"), later = names_in(all, "after_restart");
    std::cout << "reloaded";
    if (!applied.empty()) std::cout << "; in force now: " << applied;
    if (!later.empty()) std::cout << "; needs a restart: " << later;
    std::cout << '\n';
}

}  // namespace

int ask_reload(config& from, const std::string& port_name, std::int64_t fallback) {
    client_options options;
    options.name = "self";
    options.host = reachable(from.address("MITA_INTERNAL_LISTEN", "127.0.0.1"));
    options.port = static_cast<std::uint16_t>(from.integer(port_name, fallback, 1, 65535));
    const auto token = from.secret_text("MITA_INTERNAL_TOKEN", true, 32);
    from.finish();
    asio::io_context context(1);
    metrics::registry metrics;
    client service(context.get_executor(), options, metrics);
    answered got;
    std::string fault = "the service did not answer in time";
    asio::co_spawn(context.get_executor(), ask(service, "Authorization: Bearer " + std::string(token.view()) + "\r\n"),
                   [&](std::exception_ptr error, answered answer) {
                       got = std::move(answer);
                       fault.clear();
                       try {
                           if (error) std::rethrow_exception(error);
                       } catch (const std::exception& e) {
                           fault = e.what();
                       }
                   });
    context.run_for(patience + std::chrono::seconds(1));
    if (got.status == 401)
        fault = "MITA_INTERNAL_TOKEN is not the one the running service has";
    else if (fault.empty() && got.status != 200)
        fault = why_of(got);
    if (!fault.empty()) {
        std::cerr << "not reloaded: " << fault << '\n';
        return 1;
    }
    tell(got.body);
    return 0;
}

}  // namespace mita::http
