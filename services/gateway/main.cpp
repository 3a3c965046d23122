// mita-gateway: the one door. Identifies, checks, limits and forwards each request in one pass. --help lists the
// commands.
#include "core/command_line.hpp"
#include "gateway/serve.hpp"
#include "gateway/settings.hpp"
#include "http/ask_reload.hpp"
#include "http/check_ready.hpp"

int main(int argc, char** argv) {
    using namespace mita;
    command_line cli("mita-gateway", "MITA gateway. Settings come from the environment.");
    bool take_over = false;
    cli.add("serve", "run the gateway until SIGTERM; it logs JSON lines to stdout",
            [&take_over](config& from) { return gateway::serve(from, take_over); })
        .add_flag(
            "--take-over", take_over,
            "take the listening sockets from the process that has this gateway's ports, and end it once this one is "
            "ready: no connection is refused");
    cli.add("config", "print every setting, its value and its source (default, platform, cgroup, env)",
            &show_config<gateway::settings>);
    cli.add("reload", http::reload_help,
            [](config& from) { return http::ask_reload(from, "MITA_GATEWAY_INTERNAL_PORT", 8090); });
    cli.add("healthcheck", "exit 0 when the gateway on this machine, at MITA_GATEWAY_PORT or PORT, is ready",
            [](config& from) {
                return http::check_ready(from, "MITA_GATEWAY_PORT", from.integer("PORT", 8080, 1, 65535));
            });
    return cli.run(argc, argv);
}
