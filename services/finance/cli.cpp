// The commands of mita-finance besides serve (serve.hpp).
#include "db/migrate.hpp"
#include "db/url.hpp"
#include "finance/migrations.hpp"
#include "finance/serve.hpp"
#include "finance/settings.hpp"
#include "http/check_ready.hpp"

#include <iostream>
#include <utility>

namespace mita::finance {

int show_config(config& from) {
    try {
        const settings s(from);
    } catch (const config_error& e) {
        from.print(std::cout);
        std::cerr << e.what() << '\n';
        return 2;
    }
    from.print(std::cout);
    return 0;
}

int run_migrations(config& from) {
    db::migrate_options o;
    o.url = from.secret_text("DATABASE_URL", true);
    o.schema = "finance";
    const auto service_url = from.secret_text("MITA_FINANCE_DATABASE_URL", false);
    from.finish();
    if (!service_url.empty()) {
        auto who = db::credentials_of(service_url);
        o.service_role = std::move(who.user);
        o.service_password = std::move(who.password);
    }
    const int version = db::migrate(o, migrations(), std::cout);
    std::cout << "schema finance is at version " << version << '\n';
    return 0;
}

int healthcheck(config& from) {
    const auto port = from.integer("MITA_FINANCE_PORT", 8082, 1, 65535);
    from.finish();
    return http::check_ready(static_cast<std::uint16_t>(port));
}

}  // namespace mita::finance
