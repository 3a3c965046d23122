// How a PATCH or a DELETE of anything of a person ends: in the person's turn, tried until it is settled, and what this
// process remembers of the person is forgotten. Used by the handlers of changes.
#pragma once

#include "finance/app.hpp"
#include "finance/once/retry.hpp"
#include "http/message.hpp"

#include <optional>

namespace mita::finance {

// attempt(n): as until_settled, of an http::response. Throws what it throws; overloaded, deadline_exceeded.
template <class Attempt>
awaitable<http::response> change_settled(http::request& req, app& a, Attempt attempt) {
    const uuid user = req.who->user_id;
    const auto turn = co_await a.all.turns.enter(user, a.on.get_executor(), req.until);
    auto answer = co_await until_settled(a.on.get_executor(), attempt);
    a.all.forget(user);
    co_return answer;
}

// The same of what the path's id names; takes no query.
using change_of_one = awaitable<std::optional<http::response>> (*)(app&, http::request&, const uuid& user,
                                                                   const uuid& id);
awaitable<http::response> change_one(http::request& req, app& a, change_of_one attempt);

}  // namespace mita::finance
