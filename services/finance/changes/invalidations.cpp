#include "finance/changes/invalidations.hpp"

#include <chrono>
#include <exception>
#include <utility>

namespace mita::finance {

namespace {

using namespace std::chrono_literals;
constexpr auto poll_every = 5s;

}  // namespace

invalidations::invalidations(executor ex, db::pool& db, std::function<void(const uuid&)> forget,
                             std::function<void()> forget_all, logger& log)
    : ex_(ex), store_(db), forget_(std::move(forget)), forget_all_(std::move(forget_all)), log_(log) {}

awaitable<void> invalidations::follow() {
    const auto self = shared_from_this();
    bool failing = false;
    while (!closing_) {
        bool failed = false;
        try {
            co_await catch_up();
        } catch (const std::exception& e) {
            failed = true;
            if (!failing) log_.warn("invalidations_unreadable").with("reason", e.what());
        }
        failing = failed;
        if (closing_) break;
        const auto pause = std::make_shared<waiter>(ex_);
        pause_ = pause;
        co_await pause->wait(deadline::after(poll_every));
        pause_.reset();
    }
}

awaitable<void> invalidations::catch_up() {
    const auto seen = co_await store_.since(horizon_, deadline::after(2s));
    if (horizon_.empty())
        forget_all_();
    else
        for (const auto& id : seen.ids) forget_(id);
    horizon_ = seen.horizon;
}

void invalidations::notified(const std::string& payload) {
    if (const auto id = uuid::parse(payload))
        forget_(*id);
    else if (pause_)
        pause_->notify();
}

void invalidations::close() {
    closing_ = true;
    if (pause_) pause_->notify();
}

}  // namespace mita::finance
