#include "db/pool_core.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace mita::db {

namespace {

constexpr statement begin_statement{"begin", "begin"};
constexpr statement commit_statement{"commit", "commit"};
constexpr statement rollback_statement{"rollback", "rollback"};

pool_core::items only(const statement& s) {
    pool_core::items out;
    out.emplace_back(&s, params());
    return out;
}

error outcome_unknown() { return error("08007", "", "the outcome of a commit is unknown"); }

}  // namespace

// Held by the transaction and by the frames of its statements; the last one gives the connection back, rolled back.
struct transaction_core {
    enum class phase { fresh, open, failed, over };  // fresh: BEGIN not yet sent
    using self_ptr = std::shared_ptr<transaction_core>;

    transaction_core(pool_core::self_ptr p, pool_core::link l, deadline until)
        : pool(std::move(p)), link(std::move(l)), d(until) {}
    ~transaction_core() {
        if (!link) return;
        if (at == phase::open || at == phase::failed)
            pool->release_after_rollback(link);
        else
            pool->release(link);
    }

    static awaitable<std::vector<rows>> run(self_ptr self, pool_core::items what, bool with_commit);
    static awaitable<rows> run_one(self_ptr self, pool_core::items what);
    static awaitable<void> commit(self_ptr self);
    static awaitable<void> rollback(self_ptr self);
    void check_usable() const;
    void finish() {
        at = phase::over;
        pool->release(std::exchange(link, nullptr));
    }

    pool_core::self_ptr pool;
    pool_core::link link;
    deadline d;
    phase at = phase::fresh;
    bool busy = false;
};

void transaction_core::check_usable() const {
    if (busy) throw std::logic_error("db::transaction: one statement at a time");
    if (at == phase::over) throw std::logic_error("db::transaction: already over");
    if (at == phase::failed) throw error("25P02", "", "the transaction is aborted");
    if (d.expired()) throw deadline_exceeded("deadline of a database transaction passed");
}

awaitable<std::vector<rows>> transaction_core::run(self_ptr self, pool_core::items what, bool with_commit) {
    self->check_usable();
    std::size_t extra = 0;  // results in front that are ours
    const bool first = self->at == phase::fresh;
    if (first) what.insert(what.begin(), batch::item(&begin_statement, params())), ++extra;
    if (with_commit) what.emplace_back(&commit_statement, params());
    for (int attempt = 0;; ++attempt) {
        const auto c = std::make_shared<call>(self->pool->ex(), std::move(what));
        c->unnamed = attempt > 0;
        self->at = phase::open;
        self->busy = true;
        const auto sent = deadline::clock::now();
        self->link->submit(c);
        const bool answered = co_await c->done.wait(self->d);
        self->d.add_db(deadline::clock::now() - sent);
        self->busy = false;
        if (!answered) {
            self->at = phase::failed;
            if (c->on) c->on->abandon(*c);
            self->pool->meters().failed("deadline");
            if (with_commit) throw outcome_unknown();
            throw deadline_exceeded("deadline of a database statement passed");
        }
        if (!c->failure) {
            const auto* named = c->items[std::min(extra, c->items.size() - 1)].what;
            self->pool->meters().answered(named, *c);
            auto results = std::move(c->results);
            results.erase(results.begin(), results.begin() + static_cast<std::ptrdiff_t>(extra));
            if (with_commit) {
                const bool committed = results.back().command_tag() == "COMMIT";
                results.pop_back();
                self->finish();
                if (!committed) throw error("25P02", "", "the transaction was aborted");
            }
            co_return results;
        }
        self->at = phase::failed;
        self->pool->meters().failed(*c->failure);
        if (first && attempt == 0 && c->stale_plan) {
            // Nothing has happened yet but BEGIN: once more, without the prepared plan.
            what = std::move(c->items);
            what.insert(what.begin(), batch::item(&rollback_statement, params()));
            ++extra;
            continue;
        }
        if (with_commit && c->failure->is_unavailable()) throw outcome_unknown();
        throw error(*c->failure);
    }
}

awaitable<rows> transaction_core::run_one(self_ptr self, pool_core::items what) {
    auto results = co_await run(std::move(self), std::move(what), false);
    co_return std::move(results.front());
}

awaitable<void> transaction_core::commit(self_ptr self) {
    if (self->at == phase::fresh) {
        self->finish();
        co_return;
    }
    co_await run(std::move(self), pool_core::items(), true);
}

awaitable<void> transaction_core::rollback(self_ptr self) {
    if (self->busy) throw std::logic_error("db::transaction: one statement at a time");
    if (self->at == phase::over) co_return;
    if (self->at == phase::fresh || !self->link->alive()) {
        self->finish();
        co_return;
    }
    const auto c = std::make_shared<call>(self->pool->ex(), only(rollback_statement));
    self->at = phase::over;
    self->link->submit(c);
    // Clean-up has a time of its own: the transaction's deadline may be what ended it.
    const auto limit = deadline::after(std::chrono::seconds(2));
    const bool answered = co_await c->done.wait(limit);
    if (!answered) self->link->close();
    self->finish();
}

transaction::transaction(std::shared_ptr<transaction_core> core) : core_(std::move(core)) {}
transaction::transaction(transaction&&) noexcept = default;
transaction& transaction::operator=(transaction&&) noexcept = default;
transaction::~transaction() = default;

awaitable<rows> transaction::run(const statement* s, params p) {
    pool_core::items what;
    what.emplace_back(s, std::move(p));
    return transaction_core::run_one(core_, std::move(what));
}

awaitable<std::vector<rows>> transaction::run_batch(batch b) {
    return transaction_core::run(core_, std::move(b.items), false);
}

awaitable<void> transaction::commit() { return transaction_core::commit(core_); }

awaitable<void> transaction::rollback() { return transaction_core::rollback(core_); }

awaitable<transaction> pool::begin(deadline d) { return begin_on(core_, d); }

awaitable<transaction> pool::begin_on(std::shared_ptr<pool_core> core, deadline d) {
    auto link = co_await pool_core::acquire(core, d);
    auto made = std::make_shared<transaction_core>(std::move(core), std::move(link), d);
    co_return transaction(std::move(made));
}

}  // namespace mita::db
