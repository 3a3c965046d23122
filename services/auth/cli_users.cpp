#include "auth/cli_users.hpp"

#include "auth/audit/audit_store.hpp"
#include "auth/cli_desk.hpp"
#include "auth/cli_import.hpp"
#include "auth/handlers/events.hpp"
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

awaitable<int> list(desk& d, db::pool& db, user_search what) {
    standing_store accounts(db, longest_token_life);
    const auto users = co_await accounts.search(std::move(what), d.until);
    for (const auto& u : users) std::cout << internal_json(u) << '\n';
    co_return 0;
}

awaitable<int> tell_events(desk& d, db::pool& db, std::string who, int limit) {
    const auto found = co_await find(d, db, who);
    if (!found) co_return refuse_command("there is no such account");
    audit_store trail(db);
    const auto events = co_await trail.list(found->id, {}, limit, d.until);
    for (const auto& e : events) {
        std::string line;
        append_event(line, e, true);
        std::cout << line << '\n';
    }
    co_return 0;
}

using act = awaitable<standing_change> (*)(standing_store&, uuid, deadline);

awaitable<int> carry_out(desk& d, db::pool& db, std::string who, act what, std::string action) {
    const auto found = co_await find(d, db, who);
    if (!found) co_return refuse_command("there is no such account");
    standing_store accounts(db, longest_token_life);
    const auto done = co_await what(accounts, found->id, d.until);
    if (done.how == standing::done) {
        co_await note(d, db, found->id, action);
    }
    co_return say(done.how, "done: " + action + ", all sessions ended");
}

awaitable<standing_change> disable(standing_store& s, uuid id, deadline d) { return s.set(id, "disabled", {}, d); }
awaitable<standing_change> enable(standing_store& s, uuid id, deadline d) { return s.set(id, "active", {}, d); }
awaitable<standing_change> end_all(standing_store& s, uuid id, deadline d) { return s.end_sessions(id, "operator", d); }
awaitable<standing_change> reset(standing_store& s, uuid id, deadline d) { return s.require_reset(id, d); }
awaitable<standing_change> make_user(standing_store& s, uuid id, deadline d) { return s.set(id, {}, "user", d); }
awaitable<standing_change> make_admin(standing_store& s, uuid id, deadline d) { return s.set(id, {}, "admin", d); }

}  // namespace

void add_user_commands(command_line& cli) {
    auto& users = cli.add_group("users", "the accounts in the database; WHO is an id or an e-mail address");
    const auto what = std::make_shared<user_search>();
    auto& search = cli.add_to(users, "list", "print the newest accounts, a JSON object a line", [what](config& from) {
        return run_at_desk(from, [what](desk& d, db::pool& db) { return list(d, db, *what); });
    });
    search.add_option("part", what->part, "only those whose address or name holds this");
    search.add_option("--limit", what->limit, "at most so many")->check(CLI::Range(1, 10'000))->capture_default_str();

    const auto who = std::make_shared<std::string>();
    const auto add = [&](const char* name, const char* what, desk_task task) {
        auto& c = cli.add_to(users, name, what, [task](config& from) { return run_at_desk(from, task); });
        c.add_option("who", *who, "id or e-mail address")->required();
        return &c;
    };
    const auto last = std::make_shared<int>(50);
    add("events", "print what was done by the account and to it, the newest first, a JSON object a line",
        [who, last](desk& d, db::pool& db) { return tell_events(d, db, *who, *last); })
        ->add_option("--limit", *last, "at most so many")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    const auto simple = [&](const char* name, const char* what, act how, const char* action) {
        add(name, what, [who, how, action](desk& d, db::pool& db) { return carry_out(d, db, *who, how, action); });
    };
    simple("disable", "close an account: its sessions end, nobody logs in", &disable, "disable");
    simple("enable", "open it again", &enable, "enable");
    simple("end-sessions", "sign it out everywhere", &end_all, "sessions_end");
    simple("require-reset",
           "its password is none any more: its sessions end, and a mail leads to a new one (mails must be sent)",
           &reset, "reset_required");
    add_import(cli, users);
    const auto role = std::make_shared<std::string>();
    auto* give = add("role", "give it a role; its sessions end, so that no token has the former one",
                     [who, role](desk& d, db::pool& db) {
                         return carry_out(d, db, *who, *role == "admin" ? &make_admin : &make_user, "role_" + *role);
                     });
    give->add_option("role", *role, "user or admin")->required()->check(CLI::IsMember({"user", "admin"}));
}

}  // namespace mita::auth
