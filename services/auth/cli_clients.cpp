#include "auth/cli_clients.hpp"

#include "auth/cli_desk.hpp"
#include "auth/clients/client_store.hpp"
#include "auth/people/user_json.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::auth {

namespace {

// Once: only its hash is kept.
void show(const uuid& id, const std::string& name, const secret& fresh) {
    std::string out = "{";
    member(out, "client_id", id.str(), true);
    member(out, "name", name);
    member(out, "client_secret", fresh.view());
    std::cout << out << "}\n";
}

awaitable<int> list_clients(desk& d, db::pool& db) {
    client_store clients(db);
    const auto all = co_await clients.list(d.until);
    for (const auto& c : all) {
        std::string out = "{";
        member(out, "client_id", c.id.str(), true);
        member(out, "name", c.name);
        member(out, "scope", c.scope.empty() ? "service" : "service " + c.scope);
        member(out, "created_at", wall::format(c.created_at));
        member(out, "rotated_at", wall::format(c.rotated_at));
        out += c.former_hash ? ",\"former_secret\":true}" : ",\"former_secret\":false}";
        std::cout << out << '\n';
    }
    co_return 0;
}

awaitable<int> add_client(desk& d, db::pool& db, std::string name, std::vector<std::string> scopes) {
    if (name.empty() || name.size() > 64 || text::has_hidden(name))
        co_return refuse_command("a name has 1 to 64 bytes and no hidden characters");
    const auto fresh = new_client_secret();
    client c;
    c.id = new_uuid();
    c.session = new_uuid();
    c.name = name;
    for (const auto word : client_scopes)
        if (std::ranges::find(scopes, word) != scopes.end())
            c.scope += (c.scope.empty() ? "" : " ") + std::string(word);
    c.secret_hash = hash_of_client_secret(fresh.view()).value_or("");
    client_store clients(db);
    const bool done = co_await clients.add(c, d.until);
    if (!done) co_return refuse_command("there is a client of this name already");
    show(c.id, name, fresh);
    co_return 0;
}

// By id or by name.
awaitable<std::optional<client>> find(desk& d, db::pool& db, std::string which) {
    client_store clients(db);
    auto all = co_await clients.list(d.until);
    const auto id = uuid::parse(which);
    for (auto& c : all)
        if (c.name == which || (id && c.id == *id)) co_return std::move(c);
    co_return std::nullopt;
}

awaitable<int> rotate(desk& d, db::pool& db, std::string which, long long overlap_s) {
    const auto c = co_await find(d, db, which);
    if (!c) co_return refuse_command("there is no such client");
    const auto fresh = new_client_secret();
    client_store clients(db);
    const bool done = co_await clients.rotate(c->id, hash_of_client_secret(fresh.view()).value_or(""),
                                              std::chrono::seconds(overlap_s), longest_token_life, d.until);
    if (!done) co_return refuse_command("there is no such client");
    show(c->id, c->name, fresh);
    co_return 0;
}

awaitable<int> remove(desk& d, db::pool& db, std::string which) {
    const auto c = co_await find(d, db, which);
    if (!c) co_return refuse_command("there is no such client");
    client_store clients(db);
    const bool done = co_await clients.remove(c->id, longest_token_life, d.until);
    if (!done) co_return refuse_command("there is no such client");
    std::cout << "removed\n";
    co_return 0;
}

}  // namespace

void add_client_commands(command_line& cli) {
    auto& clients = cli.add_group("clients", "services that ask auth by themselves; WHICH is an id or a name");
    cli.add_to(clients, "list", "print each, a JSON object a line",
               [](config& from) { return run_at_desk(from, &list_clients); });
    const auto name = std::make_shared<std::string>();
    const auto scopes = std::make_shared<std::vector<std::string>>();
    auto& make = cli.add_to(clients, "add", "make one; its secret is printed this once", [name, scopes](config& from) {
        return run_at_desk(from, [name, scopes](desk& d, db::pool& db) { return add_client(d, db, *name, *scopes); });
    });
    make.add_option("name", *name, "what people call it")->required();
    make.add_option("--scope", *scopes,
                    "introspect: may ask about tokens of others; revoke: may end them. Without any it may only get a "
                    "token of its own")
        ->delimiter(',')
        ->check(CLI::IsMember(std::vector<std::string>(std::begin(client_scopes), std::end(client_scopes))));

    const auto which = std::make_shared<std::string>();
    const auto overlap = std::make_shared<long long>(0);
    auto& turn =
        cli.add_to(clients, "rotate", "give it a new secret, printed this once", [which, overlap](config& from) {
            return run_at_desk(from,
                               [which, overlap](desk& d, db::pool& db) { return rotate(d, db, *which, *overlap); });
        });
    turn.add_option("which", *which, "the client")->required();
    turn.add_option("--overlap-s", *overlap,
                    "seconds that the former secret stays good; 0: it and its tokens end at once")
        ->check(CLI::Range(0, 604'800))
        ->capture_default_str();
    auto& end = cli.add_to(clients, "remove", "end it and its tokens", [which](config& from) {
        return run_at_desk(from, [which](desk& d, db::pool& db) { return remove(d, db, *which); });
    });
    end.add_option("which", *which, "the client")->required();
}

}  // namespace mita::auth
