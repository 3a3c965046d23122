#include "auth/clients/client_check.hpp"

#include "auth/throttle/attempt.hpp"
#include "core/error.hpp"
#include "core/mac.hpp"

#include <utility>

namespace mita::auth {

void refuse_client() {
    throw api_error(401, "invalid_client", "The client is unknown or its secret is wrong.")
        .with_header("WWW-Authenticate", "Basic realm=\"mita\"");
}

awaitable<checked_client> check_client(db::pool& db, logger& log, std::string id, secret password,
                                       std::string client_address, deadline d) {
    const auto known_id = uuid::parse(id);
    const auto hash = hash_of_client_secret(password.view());
    checked_client out;
    if (known_id && hash) {
        client_store clients(db);
        out.is = co_await clients.find(*known_id, d);
    }
    if (out.is) {
        out.of = out.is->id;
        // A secret is 256 random bits: it is not guessed, and who has it is let in whatever else was tried from there.
        const bool now = same_bytes(out.is->secret_hash, *hash);
        const bool before = out.is->former_hash && same_bytes(*out.is->former_hash, *hash);
        if (now || before) co_return out;
    }
    out.is.reset();
    auto tried = co_await attempt::begin(db, log, guess_from(client_address), d);
    co_await tried.failed(d);
    co_return out;
}

}  // namespace mita::auth
