#include "auth/keys/key_ring.hpp"

#include "auth/keys/key_store.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mita::auth {

awaitable<void> key_ring::load(db::pool& db, deadline d) {
    key_store store(db);
    auto keys = co_await store.load(d);
    if (keys.empty()) {
        const auto made = jwt::signing_key::generate(algorithm_);
        stored_key first;
        first.kid = made.kid();
        first.algorithm = std::string(jwt::name(made.alg()));
        first.public_jwk = made.public_jwk();
        first.private_key = vault_.seal(made.to_pem().view(), first.kid);
        co_await store.insert_first(std::move(first), d);  // a twin may have been faster: what is stored counts
        keys = co_await store.load(d);
    }

    std::vector<std::string> jwks;
    std::optional<jwt::signing_key> signer;
    for (const auto& k : keys) {
        jwks.push_back(k.public_jwk);
        if (k.state != "active") continue;
        const auto pem = vault_.open(k.private_key, k.kid);
        if (!pem) throw wrong_secret("the signing key " + k.kid + " was sealed with another MITA_AUTH_SECRET");
        signer = jwt::signing_key::from_pem(*pem);
    }
    if (!signer) throw std::runtime_error("no signing key is active");
    const std::string text = jwt::make_jwks(jwks);
    const auto etag = std::to_string(std::hash<std::string>()(text));
    auto snapshot =
        std::make_shared<const key_snapshot>(key_snapshot{*signer, jwt::key_set::from_jwks(text), text, etag});
    const std::scoped_lock lock(mutex_);
    snapshot_ = std::move(snapshot);
}

std::shared_ptr<const key_snapshot> key_ring::now() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
}

}  // namespace mita::auth
