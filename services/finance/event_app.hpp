// Wiring of GET /v1/events beside the use cases: `event_streams` is one per process and thread-safe, `event_app` one
// per worker, with the streams that are open there. `front` is what the server serves: the one or the others.
#pragma once

#include "finance/app.hpp"
#include "finance/event_settings.hpp"
#include "finance/events/stream_hub.hpp"
#include "finance/events/stream_places.hpp"
#include "http/router.hpp"

#include <optional>
#include <span>
#include <vector>

namespace mita::finance {

struct event_app;

struct event_streams {
    event_streams(const event_settings& s, metrics::registry& registry);

    // Tells the streams of the person, of all workers, that something may have changed; any thread.
    void tell(const uuid& user);
    void tell_all();

    const event_settings set;
    stream_places places;
    metrics::counter& failed_readings;
    std::vector<event_app*> apps;  // by worker
};

struct event_app {
    event_app(app& of, event_streams& streams) : base(of), all(streams) {}

    // http::dispatcher's concept.
    awaitable<void> authenticate(http::request& req, http::access need) { return base.authenticate(req, need); }
    static std::optional<api_error> explain(const std::exception& e) { return app::explain(e); }

    void judge();  // each 100 ms: streams end with their token

    app& base;
    event_streams& all;
    stream_hub hub;
};

class front final : public http::service {
public:
    front(std::span<const http::route<app>> routes, app& a, std::span<const http::route<event_app>> streamed,
          event_app& b)
        : calls_(routes, a), streams_(streamed, b) {}
    awaitable<admission> admit(http::request& req, http::response& res) override { return of(req).admit(req, res); }
    awaitable<void> handle(http::request& req, http::response& res) override { return of(req).handle(req, res); }

private:
    http::service& of(const http::request& req) {
        if (req.path == "/v1/events") return streams_;
        return calls_;
    }
    http::dispatcher<app> calls_;
    http::dispatcher<event_app> streams_;
};

}  // namespace mita::finance
