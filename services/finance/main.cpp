// mita-finance: profile, plan, calendar, ledger. --help lists the commands.
#include "core/command_line.hpp"
#include "db/migrate_command.hpp"
#include "finance/audit/audit_command.hpp"
#include "finance/event_settings.hpp"
#include "finance/migrations.hpp"
#include "finance/serve.hpp"
#include "http/ask_reload.hpp"
#include "http/check_ready.hpp"

int main(int argc, char** argv) {
    using namespace mita;
    command_line cli("mita-finance", "MITA finance. Settings come from the environment.");
    bool take_over = false;
    cli.add("serve", "run the service until SIGTERM; it logs JSON lines to stdout",
            [&take_over](config& from) { return finance::serve(from, take_over); })
        .add_flag(
            "--take-over", take_over,
            "take the listening sockets from the process that has this service's ports, and end it once this one is "
            "ready: no connection is refused");
    cli.add("config", "print every setting, its value and its source (default, platform, cgroup, env)",
            &show_config<finance::every_setting>);
    db::add_migrate(cli, "finance", "MITA_FINANCE_DATABASE_URL", finance::migrations());
    cli.add("healthcheck", "exit 0 when the service on this machine, at MITA_FINANCE_PORT, is ready",
            [](config& from) { return http::check_ready(from, "MITA_FINANCE_PORT", 8082); });
    cli.add("reload", http::reload_help,
            [](config& from) { return http::ask_reload(from, "MITA_FINANCE_INTERNAL_PORT", 8092); });
    finance::add_audit(cli);
    return cli.run(argc, argv);
}
