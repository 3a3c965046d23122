// constexpr route tables and their dispatch: the whole API of a service on one screen (services/*/routes.cpp).
// Paths as in http/matcher.hpp. 404 vs 405 + Allow distinguished; HEAD is answered by GET without a body; OPTIONS lists
// Allow. JSON is asked for by content type (415) before the body is read. The dispatcher is the single catch of a
// service: api_error -> its problem+json, everything else as http/problem.hpp says.
#pragma once

#include "http/matcher.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"

#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::http {

// open: anybody; user: a valid access token; recent: a valid token whose auth_time is at most 15 min ago; service: a
// service token; internal: the internal listener's shared secret; ops: the ops token.
enum class access : std::uint8_t { open, user, recent, service, internal, ops };

struct route_flags {
    std::size_t body_limit = 0;  // 0: the server's default
    bool stream_body = false;
    bool any_media_type = false;  // the handler judges Content-Type itself (forms); implied by stream_body
    bool oauth = false;           // a problem is one of OAuth's as well: App adds to it
};

template <class App>
struct route {
    verb method;
    std::string_view path;
    awaitable<response> (*handler)(request&, App&);
    access need = access::user;
    route_flags flags = {};
};

// The part of a dispatcher that does not depend on the application.
class dispatch_core {
public:
    explicit dispatch_core(std::vector<route_key> keys);

    // Fills route, params, route_index. Returns the index, or -1 with `res` answering (404, 405, OPTIONS' 204).
    int match(request& req, response& res) const;
    // 415 in `res` unless the body is JSON (application/merge-patch+json too for PATCH); true when it is, or there is
    // none.
    static bool json_body(const request& req, response& res);
    // Writes what `error` means; for faults of ours res.log_detail says what the server's log line may hold.
    static void fail(const request& req, response& res, std::exception_ptr error, exception_mapper explain);

private:
    std::vector<route_key> keys_;
    matcher matcher_;
};

// App provides: awaitable<void> authenticate(http::request&, http::access) (sets req.who or throws api_error
// 401/403/503; not called for access::open), and static std::optional<api_error> explain(const std::exception&) mapping
// its db errors, else nullopt; where a route says oauth, static void add_oauth(http::response&, const http::request&,
// const api_error&), given a problem as it was written.
template <class App>
class dispatcher final : public service {
public:
    // The table's memory must outlive the dispatcher (constexpr). Throws std::invalid_argument on a bad table.
    dispatcher(std::span<const route<App>> routes, App& app) : routes_(routes), app_(app), core_(keys(routes)) {}

    awaitable<admission> admit(request& req, response& res) override {
        admission a;
        const int index = core_.match(req, res);
        a.admitted = index >= 0;
        if (!a.admitted) co_return a;
        const route<App>& r = routes_[static_cast<std::size_t>(index)];
        std::exception_ptr error;
        try {
            if (r.need != access::open) {
                co_await app_.authenticate(req, r.need);
            }
        } catch (...) {
            error = std::current_exception();
        }
        if (error) {
            refuse(r, req, res, error);
            a.admitted = false;
            co_return a;
        }
        a.body_limit = r.flags.body_limit;
        a.stream_body = r.flags.stream_body;
        if (!a.stream_body && !r.flags.any_media_type) a.admitted = dispatch_core::json_body(req, res);
        co_return a;
    }

    awaitable<void> handle(request& req, response& res) override {
        const route<App>& r = routes_[static_cast<std::size_t>(req.route_index)];
        std::exception_ptr error;
        try {
            response answer = co_await r.handler(req, app_);
            res = std::move(answer);
        } catch (...) {
            error = std::current_exception();
        }
        if (error) refuse(r, req, res, error);
    }

private:
    static void refuse(const route<App>& r, const request& req, response& res, const std::exception_ptr& error) {
        dispatch_core::fail(req, res, error, &App::explain);
        if constexpr (requires(const api_error& e) { App::add_oauth(res, req, e); }) {
            if (!r.flags.oauth) return;
            try {
                std::rethrow_exception(error);
            } catch (const api_error& e) {
                App::add_oauth(res, req, e);
            } catch (...) {  // ours, or the database's: OAuth has no name for it
            }
        }
    }

    static std::vector<route_key> keys(std::span<const route<App>> routes) {
        std::vector<route_key> out;
        for (const route<App>& r : routes) out.push_back(route_key{r.method, r.path});
        return out;
    }

    std::span<const route<App>> routes_;
    App& app_;
    dispatch_core core_;
};

}  // namespace mita::http
