// constexpr route tables and their dispatch: the whole API of a service on one screen (services/*/routes.cpp).
// Paths: literal segments, {name} for one segment, and a ":verb" suffix ("/v1/transactions/{id}:restore", "/v1/transactions:batch").
// 404 vs 405 + Allow distinguished; HEAD is answered by GET without a body; OPTIONS lists Allow. The dispatcher is the single catch
// of a service: api_error -> its problem+json, everything else as http/problem.hpp says.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

namespace mita::http {

// open: anybody; user: a valid access token; recent: a valid token whose auth_time is at most 15 min ago; service: a service token;
// internal: the internal listener's shared secret; ops: the ops token.
enum class access : std::uint8_t { open, user, recent, service, internal, ops };

struct route_flags {
    std::size_t body_limit = 0;  // 0: the server's default
    bool stream_body = false;
};

template <class App>
struct route {
    verb method;
    std::string_view path;
    awaitable<response> (*handler)(request&, App&);
    access need = access::user;
    route_flags flags = {};
};

// Matching, type-erased and compiled once (router.cpp). Built at start from a table; lookups do not allocate.
struct route_key {
    verb method;
    std::string_view path;
};
class matcher {
public:
    explicit matcher(std::span<const route_key> routes);  // throws std::invalid_argument on a duplicate or malformed path
    ~matcher();
    matcher(const matcher&) = delete;
    matcher& operator=(const matcher&) = delete;
    struct result {
        int index = -1;               // of the route; -1: none
        std::string_view allow;       // when the path exists under other methods: the Allow value (405)
        std::array<std::string_view, 4> params;
    };
    result find(verb method, std::string_view path) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

// App provides: awaitable<void> authenticate(http::request&, http::access) (sets req.who or throws api_error 401/403/503), and
// static std::optional<api_error> explain(const std::exception&) mapping its db errors (503 when unavailable), else nullopt.
template <class App>
class dispatcher final : public service {
public:
    dispatcher(std::span<const route<App>> routes, App& app, logger& log, metrics::registry& metrics, std::string service_name);
    awaitable<admission> admit(request& req, response& res) override;
    awaitable<void> handle(request& req, response& res) override;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace mita::http
