#include "auth/cli_import.hpp"

#include "auth/cli_desk.hpp"
#include "auth/hashing/stored_hash.hpp"
#include "auth/mail/letter.hpp"
#include "auth/people/address.hpp"
#include "auth/people/body.hpp"
#include "auth/people/import_store.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_line = 8'192;

constexpr const char* what_is_taken =
    "must be bcrypt ($2a$, $2b$, $2y$, cost 4 to 14), argon2id (at most 256 MiB, 10 passes), PBKDF2 (at most 2,000,000 "
    "rounds) or scrypt (at most 64 MiB)";

void check_hash(json_object& in, const std::string& hash, bool faulty) {
    if (hash.empty()) return;  // found already
    const bool is_x = hash.starts_with("$2x$");
    if (is_x && !faulty)
        in.fail(
            "password_hash", "invalid_value",
            "$2x$ says that faulty code made it, which took many passwords for one: say bcrypt_x: true to take it.");
    else if (hash.starts_with("$mita$") || !hashing::parse_stored(hash, hashing::bcrypt::allow_x::yes))
        in.fail("password_hash", "invalid_value", what_is_taken);
}

// Throws api_error with every finding.
user read_line(const std::string& line) {
    json_document doc(line);
    auto in = doc.object();
    user u;
    u.email = in.string("email", 3, 254);
    if (!u.email.empty() && !canonical_address(u.email))
        in.fail("email", "invalid_email", "This is not an e-mail address.");
    u.password_hash = in.string("password_hash", 1, 512);
    const bool faulty = in.has("bcrypt_x") && in.boolean("bcrypt_x");
    check_hash(in, u.password_hash, faulty);
    u.display_name = in.optional_string("display_name", 0, 100).value_or("");
    if (text::has_hidden(u.display_name)) in.fail("display_name", "invalid_characters", hidden_characters);
    const bool proven = in.has("email_verified") && in.boolean("email_verified");
    const auto tongue = in.optional_string("language", 2, 2);
    if (tongue) u.language = name(language_of(*tongue));
    u.created_at = wall::now();
    if (const auto since = in.optional_string("created_at", 20, 40)) {
        const auto at = wall::parse(*since);
        if (!at) in.fail("created_at", "invalid_instant", "Must be an RFC 3339 instant.");
        if (at) u.created_at = *at;
    }
    if (proven) u.email_verified_at = wall::now();
    doc.finish();
    u.id = new_uuid();
    return u;
}

void tell(long long n, const api_error& e) {
    std::cerr << "line " << n << ": ";
    if (e.errors.empty()) std::cerr << e.what();
    for (const auto& f : e.errors) {
        if (&f != &e.errors.front()) std::cerr << "; ";
        std::cerr << f.pointer << ": " << f.detail;
    }
    std::cerr << '\n';
}

struct tally {
    long long made = 0, there = 0, refused = 0;
};

awaitable<void> take_all(std::istream& from, import_store& accounts, bool dry, tally& t) {
    std::string line;
    for (long long n = 1; std::getline(from, line); ++n) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        std::optional<user> u;
        if (line.size() > longest_line) {
            std::cerr << "line " << n << ": is longer than 8192 bytes\n";
        } else {
            try {
                u = read_line(line);
            } catch (const api_error& e) {
                tell(n, e);
            }
        }
        if (!u) {
            ++t.refused;
            continue;
        }
        bool made = true;
        if (!dry) {
            made = co_await accounts.add(std::move(*u), deadline::after(20s));
        }
        ++(made ? t.made : t.there);
    }
}

awaitable<int> take(db::pool& db, std::string path, bool dry) {
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file) co_return refuse_command("cannot read " + config::shown(path));
    }
    import_store accounts(db);
    tally t;
    std::istream& from = path == "-" ? std::cin : file;
    co_await take_all(from, accounts, dry, t);
    std::cout << (dry ? "would import " : "imported ") << t.made << ", there already " << t.there << ", refused "
              << t.refused << '\n';
    co_return t.refused > 0 ? 1 : 0;
}

}  // namespace

void add_import(command_line& cli, CLI::App& users) {
    const auto path = std::make_shared<std::string>("-");
    const auto dry = std::make_shared<bool>(false);
    auto& c = cli.add_to(
        users, "import",
        "take accounts of another system, a JSON object a line: email, password_hash, display_name, email_verified, "
        "created_at, language, bcrypt_x; hashes are renewed at the first login. Who is there already stays as it is, "
        "so "
        "that it may be run again; lines that are refused are named, and the status is 1 then",
        [path, dry](config& from) {
            return run_at_desk(from, [path, dry](desk&, db::pool& db) { return take(db, *path, *dry); });
        });
    c.add_option("file", *path, "its name; -: stdin")->capture_default_str();
    c.add_flag("--dry-run", *dry, "read and judge every line, write nothing");
}

}  // namespace mita::auth
