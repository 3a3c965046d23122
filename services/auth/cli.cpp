#include "auth/cli.hpp"

#include "auth/hashing/calibrate.hpp"
#include "auth/hashing/password_hasher.hpp"
#include "auth/settings.hpp"
#include "auth/vault.hpp"
#include "core/clock.hpp"
#include "core/platform.hpp"
#include "jwt/token.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

namespace mita::auth {

namespace {

// The same code as the service, on a loop of its own.
template <class Task>
int run_to_end(Task task) {
    asio::io_context context(1);
    int status = 1;
    asio::co_spawn(context.get_executor(), task(context.get_executor()), [&status](std::exception_ptr error, int s) {
        status = s;
        if (!error) return;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            std::cerr << "error: " << e.what() << '\n';
            status = 1;
        }
    });
    context.run();
    return status;
}

std::string line_from_stdin() {
    std::string line;
    std::getline(std::cin, line);
    return line;
}

struct hashing_parts {
    explicit hashing_parts(config& from)
        : set(from), keys(std::move(set.master)), lanes(set.hashing), hasher(lanes, set.passwords, ring()) {}
    hashing::pepper_ring ring() const {
        hashing::pepper_ring r;
        r.add("1", keys.derive("mita auth pepper"));
        return r;
    }
    settings set;
    vault keys;
    hashing::pool lanes;
    hashing::password_hasher hasher;
};

}  // namespace

int calibrate_hashing(unsigned threads, unsigned cost, std::optional<double> logins_per_second,
                      std::chrono::milliseconds latency) {
    if (threads == 0) threads = platform::derive(platform::detect()).hashing_threads;
    const auto table = hashing::calibrate(threads, cost);
    hashing::print(std::cout, table, logins_per_second, latency);
    return 0;
}

int password_hash(config& from) {
    hashing_parts p(from);
    const auto task = [&p](executor) -> awaitable<int> {
        const auto until = deadline::after(std::chrono::seconds(60));
        auto place = p.hasher.admit(hashing::job_class::register_reset, 0, until);
        if (!place.place) co_return 1;
        const auto text = co_await p.hasher.hash(std::move(*place.place), secret(line_from_stdin()));
        std::cout << text << '\n';
        co_return 0;
    };
    return run_to_end(task);
}

int password_verify(config& from, const std::string& stored) {
    hashing_parts p(from);
    const auto task = [&p, &stored](executor) -> awaitable<int> {
        const auto until = deadline::after(std::chrono::seconds(60));
        auto place = p.hasher.admit(hashing::job_class::login, 0, until);
        if (!place.place) co_return 1;
        const auto verdict = co_await p.hasher.verify(std::move(*place.place), secret(line_from_stdin()), stored);
        std::cout << (verdict.match ? "match" : "mismatch") << '\n';
        co_return verdict.match ? 0 : 1;
    };
    return run_to_end(task);
}

int jwt_verify(const std::string& jwks_file, const std::string& issuer, const std::string& audience,
               std::optional<long long> now) {
    std::ifstream file(jwks_file);
    if (!file) {
        std::cerr << "error: cannot read " << jwks_file << '\n';
        return 2;
    }
    std::stringstream text;
    text << file.rdbuf();
    const auto keys = jwt::key_set::from_jwks(text.str());
    jwt::policy p;
    p.issuer = issuer;
    p.audience = audience;
    for (std::string token; std::getline(std::cin, token);) {
        const auto seen = jwt::verify(token, keys, p, now ? *now : wall::unix_seconds());
        if (seen.result == jwt::verdict::ok)
            std::cout << "valid\n";
        else
            std::cout << "invalid " << jwt::name(seen.result) << '\n';
    }
    return 0;
}

}  // namespace mita::auth
