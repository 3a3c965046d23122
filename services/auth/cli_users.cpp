#include "auth/cli_users.hpp"

#include "auth/audit/audit_store.hpp"
#include "auth/cli_desk.hpp"
#include "auth/people/standing_store.hpp"
#include "auth/people/user_json.hpp"
#include "core/clock.hpp"

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::auth {

namespace {

// By id, or by address however it is written.
awaitable<std::optional<user>> find(desk& d, db::pool& db, std::string who) {
    user_store users(db);
    const auto id = uuid::parse(who);
    std::optional<user> found;
    if (id)
        found = co_await users.find(*id, d.until);
    else
        found = co_await users.find_by_email(who, d.until);
    co_return found;
}

awaitable<void> note(desk& d, db::pool& db, uuid subject, std::string action) {
    std::vector<audit_event> events(1);
    events[0].id = new_uuid();
    events[0].at = wall::now();
    events[0].action = std::move(action);
    events[0].result = "operator";
    events[0].subject = subject;
    audit_store trail(db);
    co_await trail.add(events, d.until);
}

int say(standing how, const std::string& done) {
    if (how == standing::gone) return refuse_command("there is no such account");
    std::cout << (how == standing::same ? "it is so already" : done) << '\n';
    return 0;
}

awaitable<int> list(desk& d, db::pool& db, std::string part, int limit) {
    standing_store accounts(db, longest_token_life);
    const auto users = co_await accounts.search(part, limit, d.until);
    for (const auto& u : users) std::cout << internal_json(u) << '\n';
    co_return 0;
}

// status, role: nullopt stays as it is.
awaitable<int> set(desk& d, db::pool& db, std::string who, std::optional<std::string> status,
                   std::optional<std::string> role, std::string action) {
    const auto found = co_await find(d, db, who);
    if (!found) co_return refuse_command("there is no such account");
    standing_store accounts(db, longest_token_life);
    const auto how =
        co_await accounts.set(found->id, status.value_or(found->status), role.value_or(found->role), d.until);
    if (how == standing::done) {
        co_await note(d, db, found->id, action);
    }
    co_return say(how, "done: " + action + ", all sessions ended");
}

awaitable<int> end_sessions(desk& d, db::pool& db, std::string who) {
    const auto found = co_await find(d, db, who);
    if (!found) co_return refuse_command("there is no such account");
    standing_store accounts(db, longest_token_life);
    const auto how = co_await accounts.end_sessions(found->id, d.until);
    if (how == standing::done) {
        co_await note(d, db, found->id, "sessions_end");
    }
    co_return say(how, "all sessions ended");
}

}  // namespace

void add_user_commands(command_line& cli) {
    auto& users = cli.add_group("users", "the accounts in the database; WHO is an id or an e-mail address");
    const auto part = std::make_shared<std::string>();
    const auto limit = std::make_shared<int>(50);
    auto& search =
        cli.add_to(users, "list", "print the newest accounts, a JSON object a line", [part, limit](config& from) {
            return run_at_desk(from, [part, limit](desk& d, db::pool& db) { return list(d, db, *part, *limit); });
        });
    search.add_option("part", *part, "only those whose address holds this, in lower case");
    search.add_option("--limit", *limit, "at most so many")->check(CLI::Range(1, 10'000))->capture_default_str();

    const auto who = std::make_shared<std::string>();
    const auto add = [&](const char* name, const char* what, desk_task task) {
        auto& c = cli.add_to(users, name, what, [task](config& from) { return run_at_desk(from, task); });
        c.add_option("who", *who, "id or e-mail address")->required();
        return &c;
    };
    add("disable", "close an account: its sessions end, nobody logs in",
        [who](desk& d, db::pool& db) { return set(d, db, *who, "disabled", std::nullopt, "disable"); });
    add("enable", "open it again",
        [who](desk& d, db::pool& db) { return set(d, db, *who, "active", std::nullopt, "enable"); });
    add("end-sessions", "sign it out everywhere", [who](desk& d, db::pool& db) { return end_sessions(d, db, *who); });
    const auto role = std::make_shared<std::string>();
    auto* give =
        add("role", "give it a role; its sessions end, so that no token has the former one",
            [who, role](desk& d, db::pool& db) { return set(d, db, *who, std::nullopt, *role, "role_" + *role); });
    give->add_option("role", *role, "user or admin")->required()->check(CLI::IsMember({"user", "admin"}));
}

}  // namespace mita::auth
