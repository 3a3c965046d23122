#include "auth/factors/factor_secrets.hpp"

#include "auth/factors/factor_store.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <utility>

namespace mita::auth {

namespace {

constexpr int page_size = 200;  // a millisecond of work between two waits

}  // namespace

std::string factor_secrets::seal(std::string_view plain, const uuid& user_id) const {
    return keys_.seal(plain, totp_bound(user_id));
}

secret factor_secrets::open(std::string_view sealed, const uuid& user_id) {
    auto plain = keys_.open(sealed, totp_bound(user_id));
    if (plain) return std::move(*plain);
    doubtful_ = true;
    throw api_error(503, "second_factor_unavailable",
                    "Codes of this generator cannot be checked now; a recovery code or a passkey can.")
        .with_header("Retry-After", "60");
}

awaitable<factor_secrets::counted> factor_secrets::count(db::pool& db, std::chrono::milliseconds each) {
    factor_store store(db, std::chrono::seconds(0));
    counted out;
    doubtful_ = false;  // what fails to open meanwhile brings it back
    for (uuid after;;) {
        const auto page = co_await store.sealed_after(after, page_size, deadline::after(each));
        for (const auto& one : page) {
            ++out.all;
            if (!keys_.open(one.sealed, totp_bound(one.user_id))) ++out.closed;
        }
        if (page.size() < std::size_t{page_size}) break;
        after = page.back().user_id;
    }
    closed_ = out.closed;
    if (out.closed > 0) doubtful_ = true;
    co_return out;
}

}  // namespace mita::auth
