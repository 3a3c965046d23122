#include "auth/erasing.hpp"

#include "auth/deletion/erasure_store.hpp"
#include "jwt/bearer.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;

constexpr auto erasing_step = 5s;

struct eraser {
    eraser(app& all, http::client& to, metrics::registry& r)
        : a(all),
          work(all.db),
          finance(to),
          waiting(r.make_gauge("mita_auth_erasures_waiting", "People gone whose data finance has still")),
          done(r.make_counter("mita_auth_erasures_total", "Calls that erase at finance by result", {{"result", "ok"}})),
          failed(r.make_counter("mita_auth_erasures_total", "Calls that erase at finance by result",
                                {{"result", "failed"}})) {}
    app& a;
    erasure_store work;
    http::client& finance;
    metrics::gauge& waiting;
    metrics::counter &done, &failed;
};

enum class erased { yes, partly, no };

// Finance erases step by step and says 503 until it is through; the same call again changes nothing.
awaitable<erased> ask_finance(eraser& e, uuid id) {
    http::client_request ask(http::verb::del, "/internal/v1/users/" + id.str());
    ask.headers = jwt::authorization_line(e.a.all.set.internal_token);
    std::string why;
    try {
        const auto answer = co_await e.finance.send(std::move(ask), deadline::after(erasing_step));
        if (answer.status == 204) co_return erased::yes;
        if (answer.status == 503 && answer.body.find("\"overloaded\"") != std::string_view::npos)
            co_return erased::partly;
        why = "finance answered " + std::to_string(answer.status);
    } catch (const std::exception& x) {
        why = x.what();
    }
    e.a.all.log.warn("erasure_postponed").with("user_id", id.str()).with("reason", why);
    co_return erased::no;
}

awaitable<void> run(std::shared_ptr<eraser> e) {
    if (!e->a.db.ready()) co_return;  // away: said by others
    while (!e->a.all.loops.stopping()) {
        const auto next = co_await e->work.claim(deadline::after(erasing_step));
        if (!next) break;
        const auto how = co_await ask_finance(*e, next->user_id);
        (how == erased::no ? e->failed : e->done).add();
        if (how == erased::no) break;  // away: the others would wait for it, too
        co_await e->work.note(*next, how == erased::yes, deadline::after(erasing_step));
        if (how == erased::yes && next->pass == 0) e->a.all.log.info("erased").with("user_id", next->user_id.str());
    }
    const auto left = co_await e->work.waiting(deadline::after(erasing_step));
    e->waiting.set(left);
}

}  // namespace

http::client_options finance_of(const settings& s) {
    http::client_options o;
    o.name = "finance_internal";
    o.host = s.finance_internal.host;
    o.port = s.finance_internal.port;
    o.max_connections = 2;
    return o;
}

void erase_at_finance(runtime& loops, app& a, http::client& finance) {
    const auto e = std::make_shared<eraser>(a, finance, a.all.metrics);
    loops.on_stop(stop_stage::close, 0, [&finance](deadline d) { return finance.close(d.capped(100ms)); });
    loops.every(0, "erase_at_finance", a.all.set.erasure_poll, [e] { return run(e); });
}

}  // namespace mita::auth
