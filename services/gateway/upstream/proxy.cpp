#include "gateway/upstream/proxy.hpp"

#include "gateway/upstream/hop_headers.hpp"

#include <cstddef>
#include <utility>

namespace mita::gateway {

namespace {

void pass_on(const http::client_response& answer, http::response& res) {
    res.status = answer.status;
    res.content_type = {};  // the upstream's own line passes with the others
    copy_answer_headers(res, answer.headers);
    res.body.assign(answer.body);
}

}  // namespace

std::unique_ptr<proxy::scratch> proxy::take() {
    if (free_.empty()) return std::make_unique<scratch>();
    auto out = std::move(free_.back());
    free_.pop_back();
    return out;
}

void proxy::give_back(std::unique_ptr<scratch> s) {
    constexpr std::size_t kept = 64, largest = 256 << 10;
    if (free_.size() < kept && s->answer.buffer.capacity() <= largest) free_.push_back(std::move(s));
}

awaitable<void> proxy::forward(const http::request& req, http::response& res, http::client& to, bool keyed) {
    auto s = take();
    write_upstream_head(s->head, req, req.body.size());
    const auto method = req.method == http::verb::head ? http::verb::get : req.method;
    const bool once = keyed && req.headers.find("Idempotency-Key") != nullptr;
    // The upstream is told when our client leaves, and decides itself what is not worth beginning any more.
    const http::gone_watch watch(req, [&to, &answer = s->answer] { to.half_close(answer); });
    co_await to.exchange(s->head, req.body, method, once, s->answer, req.until);
    pass_on(s->answer, res);
    give_back(std::move(s));
}

void proxy::join(const http::request& req, http::client_flight& flight) {
    auto s = take();
    write_upstream_head(s->head, req, 0);
    flight.add(s->head, req.span_id);
    give_back(std::move(s));
}

awaitable<void> proxy::forward(const http::request& req, http::response& res, http::client_flight& flight) {
    auto s = take();
    const http::gone_watch watch(req, [&flight] { flight.half_close(); });
    co_await flight.next(s->answer, req.until);
    pass_on(s->answer, res);
    give_back(std::move(s));
}

}  // namespace mita::gateway
