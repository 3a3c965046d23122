#include "auth/keys/key_ring.hpp"

#include "http/conditional.hpp"

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mita::auth {

stored_key make_key(const vault& keys, jwt::algorithm algorithm) {
    const auto made = jwt::signing_key::generate(algorithm);
    stored_key k;
    k.kid = made.kid();
    k.algorithm = std::string(jwt::name(made.alg()));
    k.public_jwk = made.public_jwk();
    k.private_key = keys.seal(made.to_pem().view(), k.kid);
    return k;
}

awaitable<bool> key_ring::load(db::pool& db, std::int64_t moved, deadline d) {
    key_store store(db);
    auto keys = co_await store.load(moved, d);
    if (keys.empty()) {
        auto first = make_key(vault_, algorithm_);
        co_await store.insert_first(std::move(first), moved, d);  // a twin may have been faster: what is stored counts
        keys = co_await store.load(moved, d);
    }

    std::string states;
    for (const auto& k : keys) states += k.kid + ' ' + k.state + '\n';
    const auto before = now();
    if (before && before->states == states) co_return false;

    std::vector<std::string> jwks;
    std::optional<jwt::signing_key> signer;
    for (const auto& k : keys) {
        jwks.push_back(k.public_jwk);
        if (k.state != "active") continue;
        const auto pem = vault_.open(k.private_key, k.kid);
        if (!pem)
            throw wrong_secret("the signing key " + k.kid +
                               " was sealed with another MITA_AUTH_SECRET (or MITA_KEY_SECRET)");
        signer = jwt::signing_key::from_pem(*pem);
    }
    if (!signer) throw std::runtime_error("no signing key is active");
    const std::string text = jwt::make_jwks(jwks);
    const auto etag = http::tag_of_text(text);
    auto snapshot = std::make_shared<const key_snapshot>(
        key_snapshot{*signer, jwt::key_set::from_jwks(text), text, etag, std::move(states)});
    const std::scoped_lock lock(mutex_);
    snapshot_ = std::move(snapshot);
    co_return true;
}

std::shared_ptr<const key_snapshot> key_ring::now() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
}

}  // namespace mita::auth
