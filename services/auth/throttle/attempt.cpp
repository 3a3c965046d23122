#include "auth/throttle/attempt.hpp"

#include "auth/people/turn.hpp"
#include "core/base64url.hpp"
#include "core/error.hpp"
#include "core/mac.hpp"
#include "core/network.hpp"
#include "core/runtime.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t mac_size = 16;

awaitable<void> give_back(db::pool& db, attempt_key key, bool known) {
    throttle_store store(db);
    co_await store.end(std::move(key), known, throttle_store::result::dropped, std::nullopt,
                       deadline::after(std::chrono::seconds(5)));
}

}  // namespace

std::optional<std::string> network_of(std::string_view client_address) {
    auto a = parse_address(client_address);
    if (!a) return std::nullopt;
    if (a->is_v6() && a->to_v6().is_v4_mapped()) a = asio::ip::make_address_v4(asio::ip::v4_mapped, a->to_v6());
    if (a->is_loopback()) return std::nullopt;
    if (a->is_v4()) return asio::ip::make_network_v4(a->to_v4(), 24).canonical().to_string();
    auto v6 = a->to_v6();
    v6.scope_id(0);
    return asio::ip::make_network_v6(v6, 64).canonical().to_string();
}

attempt_key attempt_at(const secret& key, std::string_view address_key, std::string_view client_address) {
    attempt_key out;
    out.account = base64url::encode(hmac_sha256(key, address_key).substr(0, mac_size));
    out.network = network_of(client_address);
    out.address_key = address_key;
    return out;
}

attempt_key guess_from(std::string_view client_address) {
    attempt_key out;
    out.network = network_of(client_address);
    return out;
}

awaitable<attempt> attempt::begin(db::pool& db, logger& log, attempt_key key, deadline d) {
    const executor on = co_await asio::this_coro::executor;
    throttle_store store(db);
    turn mine(d);
    for (;;) {
        const auto got = co_await store.begin(key, d);
        if (got.how == throttle_store::outcome::slowed)
            throw api_error(429, "rate_limited", "Too many attempts failed: wait before the next one.")
                .with_header("Retry-After", std::to_string(got.wait_s));
        if (got.how == throttle_store::outcome::begun)
            co_return attempt(std::make_unique<open_attempt>(open_attempt{db, log, on, std::move(key), got.known}));
        co_await mine.wait();
    }
}

attempt::~attempt() {
    if (open_)
        spawn_logged(open_->on, open_->log, "attempt_given_back", give_back(open_->db, open_->key, open_->known));
}

awaitable<void> attempt::passed(uuid person, deadline d) {
    const auto mine = std::move(open_);
    throttle_store store(mine->db);
    co_await store.end(mine->key, mine->known, throttle_store::result::passed, person, d);
}

awaitable<void> attempt::failed(deadline d) {
    const auto mine = std::move(open_);
    throttle_store store(mine->db);
    co_await store.end(mine->key, mine->known, throttle_store::result::failed, std::nullopt, d);
}

}  // namespace mita::auth
