#include "auth/cli_keys.hpp"

#include "auth/cli_desk.hpp"
#include "auth/factors/factor_store.hpp"
#include "auth/keys/key_ring.hpp"
#include "auth/revocation/judging_clock_store.hpp"

#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

awaitable<int> list(desk& d, db::pool& db) {
    key_store store(db);
    const auto moved = co_await clock_moved(db, d.until);
    const auto keys = co_await store.load_all(moved, d.until);
    for (const auto& k : keys) std::cout << k.kid << ' ' << k.algorithm << ' ' << k.state << ' ' << k.age_s << " s\n";
    co_return 0;
}

awaitable<int> next(desk& d, db::pool& db) {
    key_store store(db);
    const auto moved = co_await clock_moved(db, d.until);
    auto made = make_key(*d.keys, d.set.algorithm);
    const auto kid = made.kid;
    const bool done = co_await store.insert_next(std::move(made), moved, d.until);
    if (!done) co_return refuse_command("there is a next key already: see `keys list`");
    std::cout << kid << " next\n";
    co_return 0;
}

awaitable<int> rotate(desk& d, db::pool& db) {
    key_store store(db);
    const auto moved = co_await clock_moved(db, d.until);
    const auto done = co_await store.rotate(d.set.published, moved, d.until);
    if (done == rotated::none) co_return refuse_command("there is no next key: make one with `keys next`");
    if (done == rotated::young)
        co_return refuse_command("the next key was not published for " + std::to_string(d.set.published.count()) +
                                 " s yet: those who keep the JWKS have not seen it");
    std::cout << "rotated\n";
    co_return 0;
}

awaitable<int> revoke_key(desk& d, db::pool& db, std::string kid) {
    key_store store(db);
    const auto moved = co_await clock_moved(db, d.until);
    auto instead = make_key(*d.keys, d.set.algorithm);
    const bool done = co_await store.revoke(kid, std::move(instead), longest_token_life, moved, d.until);
    if (!done) co_return refuse_command("there is no such key that is not revoked");
    std::cout << "revoked\n";
    co_return 0;
}

// Of people's code generators: how many did not open.
awaitable<int> reseal_factors(desk& d, db::pool& db, int& done) {
    constexpr int some = 500;
    factor_store store(db, longest_token_life);
    int closed = 0;
    for (uuid after;;) {
        const auto page = co_await store.sealed_after(after, some, d.until);
        for (const auto& one : page) {
            const auto plain = d.keys->open(one.sealed, totp_bound(one.user_id));
            if (!plain) {
                ++closed;
                continue;
            }
            auto sealed = d.keys->seal(plain->view(), totp_bound(one.user_id));
            const bool swapped = co_await store.replace_sealed(one.user_id, one.sealed, std::move(sealed), d.until);
            done += swapped ? 1 : 0;
        }
        if (page.size() < some) break;
        after = page.back().user_id;
    }
    co_return closed;
}

// Each key that opens is sealed anew, and each secret of a code generator; several runs at once, or one that broke off,
// do no harm.
awaitable<int> reseal(desk& d, db::pool& db) {
    key_store store(db);
    const auto moved = co_await clock_moved(db, d.until);
    const auto keys = co_await store.load(moved, d.until);
    int done = 0, closed = 0;
    for (const auto& k : keys) {
        const auto plain = d.keys->open(k.private_key, k.kid);
        if (!plain) {
            ++closed;
            continue;
        }
        const auto sealed = d.keys->seal(plain->view(), k.kid);
        const bool swapped = co_await store.replace_sealed(k.kid, k.private_key, sealed, d.until);
        done += swapped ? 1 : 0;
    }
    std::cout << "sealed anew: " << done;
    done = 0;
    const int others = co_await reseal_factors(d, db, done);
    closed += others;
    std::cout << ", code generators: " << done << '\n';
    if (closed > 0)
        co_return refuse_command(std::to_string(closed) +
                                 " were sealed with a secret that is neither MITA_KEY_SECRET "
                                 "(MITA_AUTH_SECRET when unset) nor MITA_KEY_SECRET_OLD");
    co_return 0;
}

}  // namespace

void add_key_commands(command_line& cli) {
    auto& keys = cli.add_group("keys", "the signing keys in the database");
    cli.add_to(keys, "list", "print each key: id, algorithm, state, seconds in that state",
               [](config& from) { return run_at_desk(from, &list); });
    cli.add_to(keys, "next", "make and publish the key that is to sign next",
               [](config& from) { return run_at_desk(from, &next); });
    cli.add_to(keys, "rotate", "let the next key sign, once it was published for MITA_KEY_PUBLISHED_S",
               [](config& from) { return run_at_desk(from, &rotate); });
    const auto kid = std::make_shared<std::string>();
    auto& end =
        cli.add_to(keys, "revoke", "end a key and all its tokens at once; another one signs", [kid](config& from) {
            return run_at_desk(from, [kid](desk& d, db::pool& db) { return revoke_key(d, db, *kid); });
        });
    end.add_option("kid", *kid, "the key's id, as `keys list` prints it")->required();
    cli.add_to(keys, "reseal",
               "seal every private key with MITA_KEY_SECRET (or MITA_AUTH_SECRET), opening what MITA_KEY_SECRET_OLD "
               "sealed",
               [](config& from) { return run_at_desk(from, &reseal); });
}

}  // namespace mita::auth
