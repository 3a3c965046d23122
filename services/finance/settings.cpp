#include "finance/settings.hpp"

#include "core/http_endpoints.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

const door_settings the_doors{.port_name = "MITA_FINANCE_PORT",
                              .port = 8082,
                              .internal_port_name = "MITA_FINANCE_INTERNAL_PORT",
                              .internal_port = 8092};

constexpr std::int64_t most_cache = 128 << 20;  // unless asked for more: a quarter of it holds 60,000 people

}  // namespace

settings::settings(config& from)
    : common_settings(from, the_doors), database(from, derived, workers, "finance", "MITA_FINANCE_DATABASE_URL") {
    database.generic_plans = true;  // every statement is written for one plan; planning the views' reads costs 1 ms
    auth_internal = http_endpoints(from, "MITA_AUTH_INTERNAL_URL", "http://127.0.0.1:8091");
    cursor_secret = from.secret_text("MITA_FINANCE_SECRET", true, 32);
    const auto cache_bytes = static_cast<std::size_t>(
        from.integer("MITA_CACHE_BYTES", std::min(derived.cache_bytes, most_cache), 0, 1LL << 36, where.memory_source));
    token_cache_bytes = user_cache_bytes = ledger_cache_bytes = page_cache_bytes = cache_bytes / 4;
    finish(from);
}

}  // namespace mita::finance
