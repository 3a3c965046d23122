#include "auth/mail/post_office.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace mita::auth {

namespace {

// Blocks on the office's thread; the answer is posted to the waiting coroutine's own executor, kept alive meanwhile.
struct blocking_send {
    template <class Handler>
    void operator()(Handler handler, asio::thread_pool* on, const sender* by, const std::atomic<bool>* stopping,
                    message m) const {
        auto back = asio::get_associated_executor(handler);
        auto guard = asio::make_work_guard(back);
        asio::post(*on, [h = std::move(handler), g = std::move(guard), by, stopping, what = std::move(m)]() mutable {
            delivered out;
            try {
                out = (*by)(what, *stopping);
            } catch (const std::exception& e) {
                out.why = e.what();
            }
            asio::post(g.get_executor(),
                       [h2 = std::move(h), o = std::move(out)]() mutable { std::move(h2)(std::move(o)); });
            g.reset();
        });
    }
};

}  // namespace

post_office::~post_office() {
    stop();
    thread_.join();
}

awaitable<delivered> post_office::send(message m) {
    asio::thread_pool* const on = &thread_;
    const sender* const by = &by_;
    const std::atomic<bool>* const stopping = &stopping_;
    delivered out = co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void(delivered)>(
        blocking_send{}, use_awaitable, on, by, stopping, std::move(m));
    co_return out;
}

}  // namespace mita::auth
