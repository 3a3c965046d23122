#include "db/settings.hpp"

#include "db/url.hpp"

namespace mita::db {

settings::settings(config& from, const platform::derived& derived, const std::string& service,
                   const std::string& own_url)
    : url(url_setting(from, own_url, false)), schema(service) {
    const bool own_given = from.source_of(own_url) == "env";  // if wrongly, that is the problem
    auto shared = url_setting(from, "DATABASE_URL", !own_given);
    if (url.empty()) url = std::move(shared);
    prepared = from.flag("MITA_DB_PREPARED", true);
    pipelined = static_cast<unsigned>(from.integer("MITA_DB_PIPELINED", 2, 1, 8));
    exclusive = static_cast<unsigned>(
        from.integer("MITA_DB_EXCLUSIVE", derived.db_exclusive, 1, 32, derived.db_exclusive_source));
}

pool_options settings::options() const {
    pool_options o;
    o.url = url.copy();
    o.application_name = "mita-" + schema;
    o.search_path = schema;
    o.prepared = prepared;
    o.generic_plans = generic_plans;
    o.pipelined = pipelined;
    o.exclusive = exclusive;
    return o;
}

}  // namespace mita::db
