// mita-finance: profile, plan, calendar, ledger. --help lists the commands.
#include "core/build_info.hpp"
#include "core/config.hpp"
#include "finance/serve.hpp"

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
    try {
        mita::config from;
        if (*serve) return mita::finance::serve(from);
        if (*show) return mita::finance::show_config(from);
        if (*migrate) return mita::finance::run_migrations(from);
        if (*check) return mita::finance::healthcheck(from);
    } catch (const std::exception& e) {
        std::cerr << "mita-finance: " << e.what() << '\n';
        return 1;
    }
    return 1;
}
