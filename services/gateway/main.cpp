// mita-gateway: the one door. Identifies, checks, limits and forwards each request in one pass. --help lists the
// commands.
#include "core/build_info.hpp"
#include "gateway/serve.hpp"
#include "gateway/settings.hpp"
#include "http/check_ready.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    CLI::App cli("MITA gateway. Settings come from the environment: `mita-gateway config` shows each with its source.");
    cli.require_subcommand(1);
    cli.set_version_flag("--version",
                         "mita-gateway " + std::string(mita::version()) + " (" + std::string(mita::commit()) + ")");
    auto* serve = cli.add_subcommand("serve", "run the gateway until SIGTERM");
    auto* show = cli.add_subcommand("config", "print every setting, its value and its source");
    auto* check = cli.add_subcommand("healthcheck", "exit 0 when the local gateway is ready");
    CLI11_PARSE(cli, argc, argv);
    using namespace mita;
    try {
        config from;
        if (*serve) return gateway::serve(from);
        if (*show) return show_config<gateway::settings>(from);
        if (*check) return http::check_ready(from, "MITA_GATEWAY_PORT", from.integer("PORT", 8080, 1, 65535));
    } catch (const std::exception& e) {
        std::cerr << "mita-gateway: " << e.what() << '\n';
    }
    return 1;
}
