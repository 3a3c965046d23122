// `mita-x migrate`: as DATABASE_URL, for the role that the service's own URL names.
#include "db/migrate.hpp"
#include "db/url.hpp"

#include <iostream>
#include <utility>

namespace mita::db {

int migrate_command(config& from, const std::string& schema, const std::string& service_url_name,
                    std::span<const migration> migrations) {
    migrate_options o;
    o.url = from.secret_text("DATABASE_URL", true);
    o.schema = schema;
    const auto service_url = from.secret_text(service_url_name, false);
    from.finish();
    if (!service_url.empty()) {
        auto who = credentials_of(service_url);
        o.service_role = std::move(who.user);
        o.service_password = std::move(who.password);
    }
    const int version = migrate(o, migrations, std::cout);
    std::cout << "schema " << schema << " is at version " << version << '\n';
    return 0;
}

}  // namespace mita::db
