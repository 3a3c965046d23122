#include "auth/cli_invitations.hpp"

#include "auth/cli_desk.hpp"
#include "auth/invitations/invitation_store.hpp"
#include "auth/people/address.hpp"
#include "auth/people/user_json.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace mita::auth {

namespace {

std::string said(const invitation& i) {
    std::string out = "{";
    member(out, "id", i.id.str(), true);
    if (i.address_key) member(out, "email", *i.address_key);
    member(out, "created_at", wall::format(i.created_at));
    member(out, "expires_at", wall::format(i.expires_at));
    return out;
}

awaitable<int> add_invitation(desk& d, db::pool& db, std::string email, int days) {
    invitation i;
    if (!email.empty()) {
        i.address_key = canonical_address(email);
        if (!i.address_key) co_return refuse_command("this is not an e-mail address");
    }
    i.id = new_uuid();
    i.created_at = wall::now();
    const auto lives = std::chrono::hours(24 * days);
    i.expires_at = i.created_at + lives;
    const auto token = new_invitation_token();
    invitation_store invitations(db);
    co_await invitations.add(i, hash_of_invitation(token.view()).value_or(""), lives, d.until);
    auto out = said(i);
    member(out, "token", token.view());
    std::cout << out << "}\n";
    co_return 0;
}

awaitable<int> list_invitations(desk& d, db::pool& db) {
    invitation_store invitations(db);
    const auto all = co_await invitations.list(d.until);
    for (const auto& i : all) std::cout << said(i) << "}\n";
    co_return 0;
}

awaitable<int> revoke_invitation(desk& d, db::pool& db, std::string which) {
    const auto id = uuid::parse(which);
    bool done = false;
    if (id) {
        invitation_store invitations(db);
        done = co_await invitations.revoke(*id, d.until);
    }
    if (!done) co_return refuse_command("there is no such invitation that is good still");
    std::cout << "revoked\n";
    co_return 0;
}

}  // namespace

void add_invitation_commands(command_line& cli) {
    auto& group = cli.add_group("invitations", "who may register where MITA_REGISTRATION is invited");
    const auto email = std::make_shared<std::string>();
    const auto days = std::make_shared<int>(7);
    auto& make = cli.add_to(group, "add", "make one; its token is printed this once", [email, days](config& from) {
        return run_at_desk(from, [email, days](desk& d, db::pool& db) { return add_invitation(d, db, *email, *days); });
    });
    make.add_option("--email", *email, "for this address alone");
    make.add_option("--days", *days, "how long it is good")->check(CLI::Range(1, 365))->capture_default_str();
    cli.add_to(group, "list", "print those that are good still, a JSON object a line",
               [](config& from) { return run_at_desk(from, &list_invitations); });
    const auto which = std::make_shared<std::string>();
    auto& end = cli.add_to(group, "revoke", "end one", [which](config& from) {
        return run_at_desk(from, [which](desk& d, db::pool& db) { return revoke_invitation(d, db, *which); });
    });
    end.add_option("id", *which, "the invitation's id")->required();
}

}  // namespace mita::auth
