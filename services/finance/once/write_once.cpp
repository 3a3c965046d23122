#include "finance/once/write_once.hpp"

#include "core/error.hpp"
#include "finance/once/retry.hpp"

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

std::string print_of(const http::request& req, const json_document& body) {
    return req.body.empty() ? fingerprint_of_nothing() : fingerprint_of(body.value());
}

// One try, and what is kept of an earlier request with this key where the try cannot tell. nullopt: again.
awaitable<std::optional<http::response>> try_once(write_way& way, const uuid& user, const keyed_request* key,
                                                  json_document& body, const keyed_attempt& attempt, int n,
                                                  deadline d) {
    keyed_try made;
    std::exception_ptr refused;
    body.start_over();
    try {
        made = co_await attempt(body, key, n);
    } catch (const api_error&) {
        refused = std::current_exception();
    } catch (const db::error& e) {
        // The same key on another instance, written while this one waited for its row.
        if (!e.is_unique_violation("idempotency_key")) throw;
    }
    if (refused) {
        if (key != nullptr) {
            const auto kept = co_await way.kept.find(user, *key, d);
            if (kept) co_return replay(*kept, *key);
        }
        std::rethrow_exception(refused);
    }
    if (made.came.how == write_outcome::kind::written) co_return std::move(made.answer);
    if (made.came.how == write_outcome::kind::replayed) co_return replay(made.came.kept, *key);
    co_return std::nullopt;
}

}  // namespace

awaitable<http::response> write_once(write_way way, http::request& req, keyed_form form, keyed_attempt attempt) {
    const uuid user = req.who->user_id;
    auto given = read_key(req, form.key_required);
    json_document body(req.body.empty() && !form.body_required ? std::string_view("{}") : req.body, form.limits);
    std::optional<keyed_request> named;
    std::optional<write_turns::claim> mine;
    if (given) {
        named = key_of(req, std::move(*given), print_of(req, body));
        mine.emplace(way.turns, user, named->scope, named->key);
        if (!mine->first()) refuse_in_flight();
    }
    const keyed_request* key = named ? &*named : nullptr;
    const auto turn = co_await way.turns.enter(user, way.on, req.until);
    const auto one_try = [&](int n) { return try_once(way, user, key, body, attempt, n, req.until); };
    auto answer = co_await until_settled(way.on, one_try);
    co_return answer;
}

}  // namespace mita::finance
