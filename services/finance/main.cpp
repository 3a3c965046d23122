// mita-finance: profile, plan, calendar, ledger. --help lists the commands.
#include "core/build_info.hpp"
#include "db/migrate.hpp"
#include "finance/migrations.hpp"
#include "finance/serve.hpp"
#include "finance/settings.hpp"
#include "http/check_ready.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    CLI::App cli("MITA finance. Settings come from the environment: `mita-finance config` shows each with its source.");
    cli.require_subcommand(1);
    cli.set_version_flag("--version",
                         "mita-finance " + std::string(mita::version()) + " (" + std::string(mita::commit()) + ")");
    auto* serve = cli.add_subcommand("serve", "run the service until SIGTERM");
    auto* show = cli.add_subcommand("config", "print every setting, its value and its source");
    auto* migrate = cli.add_subcommand("migrate", "bring the schema up to date, as DATABASE_URL");
    auto* check = cli.add_subcommand("healthcheck", "exit 0 when the local service is ready");
    CLI11_PARSE(cli, argc, argv);
    using namespace mita;
    try {
        config from;
        if (*serve) return finance::serve(from);
        if (*show) return show_config<finance::settings>(from);
        if (*migrate) {
            const auto steps = finance::migrations();
            return db::migrate_command(from, "finance", "MITA_FINANCE_DATABASE_URL", steps);
        }
        if (*check) return http::check_ready(from, "MITA_FINANCE_PORT", 8082);
    } catch (const std::exception& e) {
        std::cerr << "mita-finance: " << e.what() << '\n';
    }
    return 1;
}
