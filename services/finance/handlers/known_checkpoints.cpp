#include "finance/handlers/known_checkpoints.hpp"

#include "core/error.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

named_checkpoint checkpoint_named_in(const http::request& req) {
    return {req.who->user_id, parse_path_id(req.params[0]), parse_path_id(req.params[1])};
}

awaitable<known_checkpoints> checkpoints_of(app& a, const uuid& user, const uuid& account, deadline d) {
    auto known = co_await a.checkpoints.read(user, account, d);
    if (!known) {
        co_await a.profiles.require(user, d);
        known = co_await a.checkpoints.read(user, account, d);
    }
    if (!known || !known->currency) throw api_error(404, "not_found", "No such account.");
    co_return std::move(*known);
}

const checked_balance& checkpoint_or_404(const known_checkpoints& known, const uuid& id) {
    const auto found = std::ranges::find_if(known.all, [&id](const auto& c) { return c.what.id == id; });
    if (found == known.all.end()) throw api_error(404, "not_found", "No such checkpoint.");
    return *found;
}

}  // namespace mita::finance
