#include "auth/cli.hpp"

#include "auth/cli_clients.hpp"
#include "auth/cli_invitations.hpp"
#include "auth/cli_keys.hpp"
#include "auth/cli_users.hpp"
#include "auth/doctor.hpp"
#include "auth/hashing/calibrate.hpp"
#include "auth/hashing/password_hasher.hpp"
#include "auth/keys/vault.hpp"
#include "auth/settings.hpp"
#include "core/clock.hpp"
#include "core/platform.hpp"
#include "core/text.hpp"
#include "jwt/token.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

constexpr int mismatch = 1, cannot_judge = 2;

int refuse(const std::string& why) {
    std::cerr << "mita-auth: " << why << '\n';
    return cannot_judge;
}

// ---- calibrate

struct calibration {
    unsigned threads = 0, cost = 10, latency_ms = 1000;
    std::optional<double> rate;
};

int calibrate(const calibration& c) {
    const auto threads = c.threads > 0 ? c.threads : platform::derive(platform::detect()).hashing_threads;
    const auto table = hashing::calibrate(threads, c.cost);
    hashing::print(std::cout, table, c.rate, std::chrono::milliseconds(c.latency_ms));
    return 0;
}

// ---- password: the service's own code, on a loop of its own

template <class Task>
int run_to_end(Task task) {
    asio::io_context context(1);
    int status = cannot_judge;
    std::exception_ptr fault;
    asio::co_spawn(context.get_executor(), task(), [&](std::exception_ptr error, int s) {
        fault = error;
        status = s;
    });
    context.run();
    if (fault) std::rethrow_exception(fault);
    return status;
}

// The first line of stdin; an empty one is an empty password. as_typed: composed as the service composes what people
// type; else the bytes themselves, as those who made an imported hash took them.
std::optional<secret> password_from_stdin(bool as_typed) {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    if (as_typed) line = text::nfc(line).value_or(line);
    return secret(std::move(line));
}

// Throws config_error when the secret that peppers are made of is missing or wrong.
secret pepper_of(config& from) {
    auto master = from.secret_text("MITA_AUTH_SECRET", true, 32);
    from.finish();
    return vault(std::move(master)).derive("mita auth pepper");
}

struct hashing_parts {
    hashing_parts(const hashing::policy& p, secret pepper)
        : lanes(hashing::options_for(p, 1)), hasher(lanes, p, ring_of(p, std::move(pepper))) {}
    static hashing::pepper_ring ring_of(const hashing::policy& p, secret pepper) {
        hashing::pepper_ring ring;
        ring.add(p.pepper, std::move(pepper));
        return ring;
    }
    hashing::ticket place(hashing::job_class kind) {
        auto given = hasher.admit(kind, 0, deadline::after(std::chrono::minutes(2)));
        if (!given.place) throw std::runtime_error("this hash would take minutes");
        return std::move(*given.place);
    }
    hashing::pool lanes;
    hashing::password_hasher hasher;
};

int password_hash(config& from) {
    const auto policy = password_policy(from, is_testing(from));
    hashing_parts p(policy, pepper_of(from));
    auto password = password_from_stdin(true);
    if (!password) return refuse("no password on stdin");
    if (password->view().size() > hashing::max_password_bytes) return refuse("a password has at most 512 bytes");
    const auto task = [&]() -> awaitable<int> {
        auto place = p.place(hashing::job_class::register_reset);
        const auto text = co_await p.hasher.hash(std::move(place), std::move(*password));
        std::cout << text << '\n';
        co_return 0;
    };
    return run_to_end(task);
}

int password_verify(config& from, const std::string& stored) {
    const auto parsed = hashing::parse_stored(stored);
    if (!parsed)
        return refuse(hashing::parse_stored(stored, hashing::bcrypt::allow_x::yes)
                          ? "$2x$ hashes are refused: the code that made them took many passwords for one"
                          : "the stored form is malformed: it must be $2a$, $2b$ or $2y$ with cost 4 to 14, what "
                            "`password hash` prints, or what `users import` takes");
    hashing::policy policy;
    if (parsed->pepper && *parsed->pepper != policy.pepper)
        return refuse("the stored form names pepper '" + *parsed->pepper + "'; MITA_AUTH_SECRET makes '" +
                      policy.pepper + "'");
    // Without a pepper in the stored form no secret is needed; the one of the policy is never used then.
    hashing_parts p(policy, parsed->pepper ? pepper_of(from) : secret(std::string(32, '\0')));
    auto password = password_from_stdin(parsed->pepper.has_value());
    if (!password) return refuse("no password on stdin");
    const auto task = [&]() -> awaitable<int> {
        auto place = p.place(hashing::job_class::login);
        const auto verdict = co_await p.hasher.verify(std::move(place), std::move(*password), stored);
        std::cout << (verdict.match ? "match" : "mismatch") << '\n';
        co_return verdict.match ? 0 : mismatch;
    };
    return run_to_end(task);
}

// ---- jwt

struct judging {
    std::string jwks, issuer = "https://mita.local", audience = "mita-api", typ = "at+jwt";
    std::optional<long long> now;
};

int jwt_verify(const judging& j) {
    std::ifstream file(j.jwks, std::ios::binary);
    std::string text((64 << 10) + 1, '\0');  // more is no key set
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) return refuse("cannot read " + config::shown(j.jwks));
    text.resize(static_cast<std::size_t>(file.gcount()));
    jwt::key_set keys;
    try {
        keys = jwt::key_set::from_jwks(text);
    } catch (const std::invalid_argument& e) {
        return refuse(config::shown(j.jwks) + " holds no usable keys: " + e.what());
    }
    jwt::policy p;
    p.issuer = j.issuer;
    p.audience = j.audience;
    p.typ = j.typ == "any" ? "" : j.typ;
    for (std::string token; std::getline(std::cin, token);) {
        const auto seen = jwt::verify(token, keys, p, j.now ? *j.now : wall::unix_seconds());
        if (seen.result == jwt::verdict::ok)
            std::cout << "valid\n";
        else
            std::cout << "invalid " << jwt::name(seen.result) << '\n';
    }
    return 0;
}

}  // namespace

void add_own_commands(command_line& cli) {
    const auto c = std::make_shared<calibration>();
    auto& measure = cli.add("calibrate", "measure hashes per second for each cost and number of lanes",
                            [c](config&) { return calibrate(*c); });
    measure.add_option("--threads", c->threads, "hashing threads (0: as serve takes)")->check(CLI::Range(0, 64));
    measure.add_option("--cost", c->cost, "cost to measure at")->check(CLI::Range(4, 14));
    measure.add_option("--logins-per-second", c->rate, "wanted rate: print the cost that affords it");
    measure.add_option("--latency-ms", c->latency_ms, "longest acceptable hash");

    auto& password = cli.add_group("password", "hash or verify one, read from stdin (its first line)");
    cli.add_to(password, "hash",
               "print the stored form, by MITA_PASSWORD_ALGORITHM, MITA_BCRYPT_COST, MITA_AUTH_SECRET", &password_hash);
    const auto stored = std::make_shared<std::string>();
    auto& verify = cli.add_to(password, "verify",
                              "print match (status 0) or mismatch (1); status 2: cannot be judged. MITA_AUTH_SECRET is "
                              "read only when the stored form names a pepper",
                              [stored](config& from) { return password_verify(from, *stored); });
    verify.add_option("stored", *stored, "the stored form")->required();

    cli.add("doctor", "look at settings, database, clock, keys and mail; a line each, status 1 when one fails",
            &doctor);
    add_key_commands(cli);
    add_user_commands(cli);
    add_client_commands(cli);
    add_invitation_commands(cli);
    const auto j = std::make_shared<judging>();
    auto& tokens = cli.add_group("jwt", "access tokens");
    auto& judge =
        cli.add_to(tokens, "verify", "read tokens from stdin, one a line; print valid or invalid CODE for each",
                   [j](config&) { return jwt_verify(*j); });
    judge.add_option("--jwks", j->jwks, "file with the keys")->required();
    judge.add_option("--iss", j->issuer, "expected issuer")->capture_default_str();
    judge.add_option("--aud", j->audience, "expected audience")->capture_default_str();
    judge.add_option("--typ", j->typ, "expected typ; any: whatever it is, or none (for vector sets)")
        ->capture_default_str()
        ->check([](const std::string& typ) { return typ.empty() ? "an empty typ is none" : ""; });
    judge.add_option("--now", j->now, "unix seconds to judge at (default: now)");
}

}  // namespace mita::auth
