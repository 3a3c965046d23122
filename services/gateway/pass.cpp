#include "gateway/pass.hpp"

#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "http/problem.hpp"
#include "jwt/bearer.hpp"

#include <boost/container/static_vector.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace mita::gateway {

namespace {

std::int64_t steady_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

bool writes(http::verb v) {
    return v == http::verb::post || v == http::verb::put || v == http::verb::patch || v == http::verb::del;
}

// The JSON text of a problem's detail, quotes and all.
std::string detail_in(std::string_view problem) {
    constexpr std::string_view member = "\"detail\":";
    const auto begin = problem.find(member);
    if (begin == std::string_view::npos) return "\"\"";
    const auto text = problem.substr(begin + member.size());
    std::size_t end = 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    return std::string(text.substr(0, end + 1));
}

// Who asks there by a library for OAuth looks for its two members: as auth writes them.
void add_oauth(http::response& problem) {
    const unsigned status = problem.status;
    const bool malformed = status == 400 || status == 408 || status == 413;
    std::string& body = problem.body;
    const std::string detail = detail_in(body);
    body.pop_back();
    body += ",\"error\":";
    append_json_string(body, malformed ? "invalid_request" : problem.code);
    body += ",\"error_description\":" + detail + '}';
}

bool is_oauth(const http::request& req) {
    if (req.route_index >= 0) return routes()[static_cast<std::size_t>(req.route_index)].oauth;
    return std::ranges::any_of(
        routes(), [&](const gateway_route& r) { return r.oauth && r.method == req.method && r.path == req.path; });
}

// Answers with the problem of whatever flew; what the pass added so far (CORS, rate limits) stays.
void answer_fault(app& a, const http::request& req, http::response& res, std::exception_ptr fault) {
    const std::string kept = res.head_block;
    std::string why;
    const unsigned status = http::write_exception(res, req, fault, why);
    res.head_block = kept;
    if (is_oauth(req)) add_oauth(res);
    if (!why.empty())
        a.all.log.error("request_failed").with("request_id", req.id).with("status", status).with("reason", why);
}

// What an upstream's silence means to the client: away is 503 and worth a retry, garbage is 502.
api_error explain(const http::upstream_error& e) {
    if (!e.before_bytes) return api_error(502, "bad_gateway", "The service behind broke off its answer.");
    api_error out(503, "unavailable", "The service behind is not available right now; try again.");
    out.with_header("Retry-After", "1");
    return out;
}

constexpr std::string_view exposed =
    "Access-Control-Expose-Headers: ETag, Location, Link, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, "
    "Idempotency-Replayed, traceparent, WWW-Authenticate, Allow\r\n";

const gateway_route& route_of(const http::request& req) { return routes()[static_cast<std::size_t>(req.route_index)]; }

std::vector<http::route_key> keys() {
    std::vector<http::route_key> out;
    for (const gateway_route& r : routes()) out.push_back({r.method, r.path});
    return out;
}

}  // namespace

pass::pass(app& a, const http::tls_identity* by) : app_(a), by_(by), map_(keys()), packer_(a.all.metrics) {}

awaitable<http::service::admission> pass::admit(http::request& req, http::response& res) {
    admission out;
    try {
        if (cors(req, res)) {  // a preflight is answered before authentication and limits (R18)
            res.status = 204;
            out.admitted = false;
            co_return out;
        }
        const gateway_route* const r = find(req, res);
        out.admitted = r != nullptr;
        if (r == nullptr) co_return out;
        out.body_limit = r->body_limit;
        if (r->to == target::own) co_return out;
        co_await check_token(req, r->token);
        check_rates(req, res, *r);
    } catch (...) {
        out.admitted = false;
        answer_fault(app_, req, res, std::current_exception());
    }
    co_return out;
}

awaitable<void> pass::handle(http::request& req, http::response& res) {
    const gateway_route& r = route_of(req);
    if (r.to == target::own) return answer_own(req, res, r);
    return send_on(req, res, r, nullptr);
}

awaitable<void> pass::answer_own(http::request& req, http::response& res, const gateway_route& r) {
    try {
        http::response own = co_await r.own(req, app_);
        own.head_block += res.head_block;
        res = std::move(own);
        if (app_.live.compress) packer_.apply(req, res);
    } catch (...) {
        answer_fault(app_, req, res, std::current_exception());
    }
}

// with: the requests it goes together with.
awaitable<void> pass::send_on(http::request& req, http::response& res, const gateway_route& r, companions* with) {
    upstream& to = behind(r);
    try {
        const auto begun = std::chrono::steady_clock::now();
        try {
            if (r.streamed) {
                auto place = std::make_unique<stream_place>(app_.all.streams, app_.all.set.streams);
                co_await proxy_.forward_stream(req, res, to, std::move(place), app_.all.set.stream_silence);
            } else if (with != nullptr) {
                co_await proxy_.forward(req, res, *with);
            } else {
                co_await proxy_.forward(req, res, to, r.keyed);
            }
        } catch (const http::upstream_error& e) {
            app_.count.unavailable.add();
            to.failed();
            throw explain(e);
        }
        const auto took = std::chrono::steady_clock::now() - begun;
        to.answered(took);
        if (r.to == target::finance && app_.live.compress) packer_.apply(req, res);
    } catch (...) {
        answer_fault(app_, req, res, std::current_exception());
    }
    if (r.audited && (!r.only_refusals || res.status >= 400)) app_.all.trail.note(req, r, res.status);
}

// Requests that one client sent behind one another, to the same service.
class pass::convoy final : public http::convoy {
public:
    convoy(pass& way, upstream& to, errand on) : way_(way), with_(to, std::move(on)) {}
    bool join(const http::request& req) override {
        const gateway_route& r = route_of(req);
        if (r.to == target::own || r.streamed || &way_.behind(r) != &with_.to) return false;
        way_.proxy_.join(req, with_);
        return true;
    }
    awaitable<void> handle(http::request& req, http::response& res) override {
        return way_.send_on(req, res, route_of(req), &with_);
    }

private:
    pass& way_;
    companions with_;
};

std::unique_ptr<http::convoy> pass::make_convoy(const http::request& first) {
    const gateway_route& r = route_of(first);
    if (r.to == target::own || r.streamed) return nullptr;
    errand on = behind(r).choose(first.who.get());
    if (!on) return nullptr;
    auto out = std::make_unique<convoy>(*this, behind(r), std::move(on));
    out->join(first);
    return out;
}

// Null when `res` answers already: 404, 405, or what OPTIONS lists. What the pass wrote so far stays.
const gateway_route* pass::find(http::request& req, http::response& res) const {
    std::string lines = std::move(res.head_block);
    res.head_block.clear();
    const int index = map_.match(req, res);
    res.head_block = std::move(lines);
    if (index >= 0) return &routes()[static_cast<std::size_t>(index)];
    if (res.status == 404) app_.count.no_route.add();
    if (res.status == 405) app_.count.no_method.add();
    return nullptr;
}

// What a browser needs to read an answer; false for an origin that is not allowed.
bool pass::allow_origin(std::string_view origin, http::response& res) const {
    const auto& allowed = app_.live.cors_origins;
    if (allowed.empty()) return false;
    res.head_block += "Vary: Origin\r\n";
    if (origin.empty() || std::find(allowed.begin(), allowed.end(), origin) == allowed.end()) return false;
    res.head_block += "Access-Control-Allow-Origin: ";
    res.head_block += origin;
    res.head_block += "\r\n";
    return true;
}

// Adds the CORS lines; true for a preflight.
bool pass::cors(const http::request& req, http::response& res) const {
    if (!allow_origin(req.headers.value("Origin"), res)) return false;
    if (req.method != http::verb::options || req.headers.find("Access-Control-Request-Method") == nullptr) {
        res.head_block += exposed;
        return false;
    }
    res.head_block +=
        "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n"
        "Access-Control-Allow-Headers: Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, "
        "Last-Event-ID, X-Request-Id, traceparent, tracestate\r\n"
        "Access-Control-Max-Age: 600\r\n";
    return true;
}

// What the server answers by itself, before admit(): a browser must be able to read that, too.
void pass::refused(std::string_view origin, http::response& res) {
    if (allow_origin(origin, res)) res.head_block += exposed;
}

void pass::add_to(http::response& problem, const http::request& req) {
    if (is_oauth(req)) add_oauth(problem);
}

awaitable<void> pass::check_token(http::request& req, bool required) {
    if (!required && !jwt::bearer(req)) co_return;
    try {
        co_await jwt::authenticate(*app_.all.tokens, req, http::access::user, app_.all.set.internal_token, secret());
    } catch (const api_error&) {
        if (!required) co_return;  // an open path: the upstream decides what a dead token means there
        app_.count.unauthorized.add();
        throw;
    }
}

// By verified subject, else by address (R20). A login or registration counts by address alone.
void pass::check_rates(const http::request& req, http::response& res, const gateway_route& r) {
    const auto& now = app_.live;
    const rate_policy* first = &now.user;
    if (r.by == limit::login) first = &now.login;
    if (r.by == limit::registration) first = &now.registration;
    const bool both = r.by == limit::user && r.to == target::finance && writes(req.method);
    if (!first->on() && !(both && now.write.on())) return;

    const bool by_subject = r.by == limit::user && req.who != nullptr;
    const auto address = by_subject ? std::string() : rate_key_of_address(req.client_address);
    const auto key =
        by_subject ? std::string_view(reinterpret_cast<const char*>(req.who->user_id.bytes.data()), 16) : address;
    const auto at = steady_ns();
    struct count {
        const rate_policy* of;
        rate_decision is;
    };
    boost::container::static_vector<count, 2> counted;
    for (const rate_policy* p : {first, both ? &now.write : nullptr}) {
        if (p == nullptr || !p->on()) continue;
        counted.push_back({p, app_.all.limits.take(*p, key, at)});
        if (!counted.back().is.allowed) break;
    }
    res.head_block += "RateLimit-Policy: ";
    for (const count& c : counted) append_policy(res.head_block, *c.of);
    res.head_block += "\r\nRateLimit: ";
    for (const count& c : counted) append_state(res.head_block, *c.of, c.is);
    res.head_block += "\r\n";
    const rate_decision& last = counted.back().is;
    (last.allowed ? app_.count.allowed : app_.count.denied).add();
    if (last.allowed) return;
    app_.count.rate_limited.add();
    api_error refused(429, "rate_limited", "Too many requests; wait and try again.");
    refused.with_header("Retry-After", std::to_string(last.retry_after_s));
    throw refused;
}

}  // namespace mita::gateway
