// mita-auth: register, log in, refresh, log out; issues and revokes the tokens all others check. --help: the commands.
#include "auth/cli.hpp"
#include "auth/migrations.hpp"
#include "auth/serve.hpp"
#include "auth/show_config.hpp"
#include "core/command_line.hpp"
#include "db/migrate_command.hpp"
#include "http/ask_reload.hpp"
#include "http/check_ready.hpp"

int main(int argc, char** argv) {
    using namespace mita;
    command_line cli("mita-auth", "MITA auth service. Settings come from the environment.");
    bool take_over = false;
    cli.add("serve", "run the service until SIGTERM; it logs JSON lines to stdout",
            [&take_over](config& from) { return auth::serve(from, take_over); })
        .add_flag(
            "--take-over", take_over,
            "take the listening sockets from the process that has this service's ports, and end it once this one is "
            "ready: no connection is refused");
    cli.add("config",
            "print every setting, its value and its source (default, platform, cgroup, env); when the active key has "
            "another algorithm than MITA_JWT_ALGORITHM, it says so",
            &auth::show_config_and_key);
    db::add_migrate(cli, "auth", "MITA_AUTH_DATABASE_URL", auth::migrations());
    cli.add("healthcheck", "exit 0 when the service on this machine, at MITA_AUTH_PORT, is ready",
            [](config& from) { return http::check_ready(from, "MITA_AUTH_PORT", 8081); });
    cli.add("reload", http::reload_help,
            [](config& from) { return http::ask_reload(from, "MITA_AUTH_INTERNAL_PORT", 8091); });
    auth::add_own_commands(cli);
    return cli.run(argc, argv);
}
