#include "db/migrate_command.hpp"

#include "db/url.hpp"

#include <iostream>
#include <memory>
#include <utility>

namespace mita::db {

namespace {

int run(config& from, const std::string& schema, const std::string& service_url_name,
        std::span<const migration> migrations, int wait_seconds) {
    migrate_options o;
    o.url = url_setting(from, "DATABASE_URL", true);
    o.schema = schema;
    o.wait_seconds = wait_seconds;
    const auto service_url = url_setting(from, service_url_name, false);
    from.finish();
    if (!service_url.empty()) {
        auto who = credentials_of(service_url);
        o.service_role = std::move(who.user);
        o.service_password = std::move(who.password);
    }
    migrate(o, migrations, std::cout, std::cerr);
    return 0;
}

}  // namespace

void add_migrate(command_line& cli, const std::string& schema, const std::string& service_url_name,
                 std::span<const migration> migrations) {
    const auto wait = std::make_shared<int>(migrate_options().wait_seconds);
    const auto what =
        "bring the schema up to date as DATABASE_URL; the role that " + service_url_name + " names may use it";
    auto& command =
        cli.add("migrate", what, [=](config& from) { return run(from, schema, service_url_name, migrations, *wait); });
    command
        .add_option("--wait", *wait, "seconds to wait for a database that does not answer, or for another migration")
        ->check(CLI::Range(0, 3600))
        ->capture_default_str();
}

}  // namespace mita::db
