#include "http/exchange_log.hpp"

#include "http/operations.hpp"

#include <array>

namespace mita::http {

namespace {

constexpr unsigned unknown_method = 7;
// Few: they are multiplied by the number of routes. 0.5 s is an alert's limit, 1 s is slow.
constexpr std::array<double, 4> bounds{0.005, 0.1, 0.5, 1};

std::size_t hash(const char* route, unsigned method, unsigned status) {
    auto h = reinterpret_cast<std::uintptr_t>(route) * 0x9e3779b97f4a7c15u;
    h ^= (static_cast<std::uintptr_t>(method) << 16 | status) * 0xbf58476d1ce4e5b9u;
    return static_cast<std::size_t>(h ^ h >> 29);
}

}  // namespace

exchange_log::exchange_log(const server_options& o, logger& log, metrics::registry& registry)
    : service_(o.name),
      malformed_metric_(o.malformed_metric),
      log_(log),
      registry_(registry),
      slow_(o.slow),
      log_all_(o.log_requests),
      window_(o.window),
      cells_(64) {}

void exchange_log::adjust(const server_options& o) {
    slow_ = o.slow;
    log_all_ = o.log_requests;
}

exchange_log::cell exchange_log::make(const request& req, unsigned method, unsigned status) {
    const std::string verb_label(method == unknown_method ? std::string_view("unknown")
                                                          : name(static_cast<verb>(method)));
    cell made;
    made.route = req.route.data();
    made.method = method;
    made.status = status;
    made.operational = is_operational(req.route);
    made.count = &registry_.make_counter("mita_http_requests_total", "Answers by route template and status.",
                                         {{"service", service_},
                                          {"method", verb_label},
                                          {"route", std::string(req.route)},
                                          {"status", std::to_string(status)}});
    if (made.operational) return made;
    for (const cell& c : cells_)
        if (c.count != nullptr && c.route == made.route) made.duration = c.duration;
    if (made.duration == nullptr)
        made.duration = &registry_.make_histogram(
            "mita_http_request_duration_seconds", "From the whole head to the last byte sent.",
            {{"service", service_}, {"route", std::string(req.route)}}, bounds, true);
    return made;
}

exchange_log::cell& exchange_log::find(const request& req, unsigned method, unsigned status) {
    for (;;) {
        // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): a template is known by its address
        std::size_t at = hash(req.route.data(), method, status) & (cells_.size() - 1);
        for (; cells_[at].count != nullptr; at = (at + 1) & (cells_.size() - 1)) {
            const cell& c = cells_[at];
            if (c.route == req.route.data() && c.method == method && c.status == status) return cells_[at];
        }
        if (used_ * 2 < cells_.size()) {
            cells_[at] = make(req, method, status);
            ++used_;
            return cells_[at];
        }
        std::vector<cell> old(cells_.size() * 2);
        old.swap(cells_);
        for (const cell& c : old) {
            if (c.count == nullptr) continue;
            std::size_t to = hash(c.route, c.method, c.status) & (cells_.size() - 1);
            while (cells_[to].count != nullptr) to = (to + 1) & (cells_.size() - 1);
            cells_[to] = c;
        }
    }
}

void exchange_log::finished(const request& req, const response& res, const exchange_facts& facts) {
    const verb counted = req.method == verb::head ? verb::get : req.method;
    const unsigned method = facts.known_method ? static_cast<unsigned>(counted) : unknown_method;
    cell& c = find(req, method, res.status);
    c.count->add();
    if (c.duration != nullptr)
        c.duration->observe(std::chrono::duration<double>(facts.took).count(), req.trace_id, facts.ended);
    if (window_ != nullptr && !c.operational) window_->record(facts.ended, facts.took, res.status >= 500);
    if (log_all_ || res.status >= 500 || facts.took >= slow_) write(req, res, facts);
}

void exchange_log::write(const request& req, const response& res, const exchange_facts& facts) {
    const log_level level = res.status >= 500     ? log_level::error
                            : facts.took >= slow_ ? log_level::warn
                                                  : log_level::info;
    if (!log_.enabled(level)) return;
    logger::line line = log_.at(level, "request");
    line.with("request_id", req.id).with("trace_id", req.trace_id).with("span_id", req.span_id);
    if (facts.known_method) line.with("method", name(req.method));
    line.with("route", req.route).with("path", req.path).with("status", res.status);
    line.with("duration_ms", static_cast<double>(facts.took.count()) / 1000);
    if (facts.took >= slow_ && facts.parts != nullptr) facts.parts->say(line, facts.began, facts.ended);
    if (req.upstream_us != 0) line.with("upstream_ms", static_cast<double>(req.upstream_us) / 1000);
    if (req.db_us != 0) line.with("db_ms", static_cast<double>(req.db_us) / 1000);
    line.with("bytes_in", facts.bytes_in).with("bytes_out", facts.bytes_out).with("client_ip", req.client_address);
    if (req.who != nullptr) line.with("user_id", req.who->user_id.str());
    const std::string_view why = !facts.reason.empty() ? facts.reason : std::string_view(res.code);
    if (!why.empty()) line.with("reason", why);
    if (!res.log_detail.empty()) line.with("detail", res.log_detail);
}

void exchange_log::malformed(std::string_view rule) {
    for (const auto& [known, count] : rules_) {
        if (known != rule) continue;
        count->add();
        return;
    }
    metrics::counter& count = registry_.make_counter(
        malformed_metric_, "Requests whose head or framing was refused, by rule.", {{"rule", std::string(rule)}});
    rules_.emplace_back(std::string(rule), &count);
    count.add();
}

}  // namespace mita::http
