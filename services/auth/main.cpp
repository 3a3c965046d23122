// mita-auth: register, log in, refresh, log out; issues and revokes the tokens all others check. --help: the commands.
#include "auth/cli.hpp"
#include "auth/migrations.hpp"
#include "auth/serve.hpp"
#include "auth/settings.hpp"
#include "core/build_info.hpp"
#include "http/check_ready.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <optional>
#include <string>

int main(int argc, char** argv) {
    CLI::App cli("MITA auth service. Its settings come from the environment: `mita-auth config` shows them.");
    cli.require_subcommand(1);
    cli.set_version_flag("--version",
                         "mita-auth " + std::string(mita::version()) + " (" + std::string(mita::commit()) + ")");
    auto* serve = cli.add_subcommand("serve", "run the service until SIGTERM");
    auto* show = cli.add_subcommand("config", "print every setting, its value and its source");
    auto* migrate = cli.add_subcommand("migrate", "bring the schema up to date, as DATABASE_URL");
    auto* check = cli.add_subcommand("healthcheck", "exit 0 when the local service is ready");
    unsigned threads = 0, cost = 10, latency_ms = 1000;
    std::optional<double> rate;
    auto* calibrate = cli.add_subcommand("calibrate", "measure hashes per second for each cost and number of lanes");
    calibrate->add_option("--threads", threads, "hashing threads (0: as serve takes)")->check(CLI::Range(0, 64));
    calibrate->add_option("--cost", cost, "cost to measure at")->check(CLI::Range(4, 14));
    calibrate->add_option("--logins-per-second", rate, "wanted rate: print the cost that affords it");
    calibrate->add_option("--latency-ms", latency_ms, "longest acceptable hash");
    auto* password = cli.add_subcommand("password", "hash or verify one, read from stdin")->require_subcommand(1);
    auto* hash = password->add_subcommand("hash", "print the stored form");
    std::string stored, jwks, issuer = "https://mita.local", audience = "mita-api";
    auto* verify = password->add_subcommand("verify", "print match or mismatch");
    verify->add_option("stored", stored, "the stored form")->required();
    std::optional<long long> now;
    auto* tokens = cli.add_subcommand("jwt", "tokens")->require_subcommand(1);
    auto* jwt_check = tokens->add_subcommand("verify", "read tokens from stdin, one a line");
    jwt_check->add_option("--jwks", jwks, "file with the keys")->required();
    jwt_check->add_option("--iss", issuer, "expected issuer");
    jwt_check->add_option("--aud", audience, "expected audience");
    jwt_check->add_option("--now", now, "unix seconds to judge at");
    CLI11_PARSE(cli, argc, argv);
    using namespace mita;
    try {
        config from;
        if (*serve) return auth::serve(from);
        if (*show) return show_config<auth::settings>(from);
        if (*migrate) return db::migrate_command(from, "auth", "MITA_AUTH_DATABASE_URL", auth::migrations());
        if (*check) return http::check_ready(from, "MITA_AUTH_PORT", 8081);
        if (*calibrate) return auth::calibrate_hashing(threads, cost, rate, std::chrono::milliseconds(latency_ms));
        if (*hash) return auth::password_hash(from);
        if (*verify) return auth::password_verify(from, stored);
        if (*jwt_check) return auth::jwt_verify(jwks, issuer, audience, now);
    } catch (const std::exception& e) {
        std::cerr << "mita-auth: " << e.what() << '\n';
    }
    return 1;
}
