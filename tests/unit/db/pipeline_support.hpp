// What the pipeline's tests have in common: statements, a moment, and a pipeline that calls are put into.
#pragma once

#include "db/pipeline.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>
#include <memory>
#include <vector>

namespace mita::test {

inline constexpr db::statement one{"one", "select 1"};
inline constexpr db::statement two{"two", "select 2"};
inline constexpr db::statement three{"three", "select 3"};
inline constexpr const db::statement* statements[] = {&one, &two, &three};

inline const auto t0 = db::pipeline::clock::time_point{} + std::chrono::hours(1);

struct fixture {
    asio::io_context context;
    db::pipeline p{true};

    std::shared_ptr<db::call> call(std::initializer_list<const db::statement*> what) {
        std::vector<db::batch::item> items;
        for (const auto* s : what) items.emplace_back(s, db::params());
        return std::make_shared<db::call>(context.get_executor(), std::move(items));
    }
    std::shared_ptr<db::call> send(std::initializer_list<const db::statement*> what) {
        auto c = call(what);
        p.push(c, p.plan(*c), t0);
        return c;
    }
    // Without a Sync of its own.
    std::shared_ptr<db::call> share(std::initializer_list<const db::statement*> what) {
        auto c = call(what);
        p.push(c, p.plan(*c), t0, false);
        return c;
    }
    // The one call that the next Sync completes; null when out of step.
    std::shared_ptr<db::call> synced(db::pipeline::clock::time_point now) {
        const auto done = p.on_sync(now);
        CHECK(done.size() <= 1);
        return done.empty() ? nullptr : done.front();
    }
};

inline db::error fault(const char* sqlstate) { return db::error(sqlstate, "", sqlstate); }

}  // namespace mita::test
