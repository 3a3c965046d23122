#include "db/migrate.hpp"

#include "db/libpq.hpp"
#include "db/url.hpp"

#include <libpq-fe.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace mita::db {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

// One lock for all schemas of a database: grants on the database and on roles collide otherwise. The number is
// arbitrary.
constexpr const char* lock_key = "5570145823014723";

std::string checksum_of(std::string_view sql) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, sql.data(), sql.size(), digest.data(), &size) != 1) {
        throw std::runtime_error("no SHA-256");
    }
    std::string out;
    for (std::size_t i = 0; i < size; ++i) {
        out += "0123456789abcdef"[digest[i] >> 4];
        out += "0123456789abcdef"[digest[i] & 15];
    }
    return out;
}

// A blocking connection: text in and out, errors thrown.
class session {
public:
    session(const conninfo& info, int wait_seconds, std::ostream& waits) : link_(nullptr, &PQfinish) {
        std::vector<const char*> keywords, values;
        for (const auto& [k, v] : info.all()) {
            keywords.push_back(k.c_str());
            values.push_back(v.c_str());
        }
        keywords.push_back(nullptr);
        values.push_back(nullptr);
        const auto began = clock::now();
        auto until = began + std::chrono::seconds(wait_seconds);
        for (std::string told;;) {
            link_.reset(PQconnectdbParams(keywords.data(), values.data(), 0));
            if (PQstatus(link_.get()) == CONNECTION_OK) return;
            std::string reason = PQerrorMessage(link_.get());
            reason.resize(std::min(reason.find('\n'), reason.size()));
            // It is there and refuses us: a wrong password or name does not become right by waiting.
            if (PQpingParams(keywords.data(), values.data(), 0) == PQPING_OK) until = std::min(until, began + 2s);
            const auto left = until - clock::now();
            if (left <= 0s) throw error("08001", "", "cannot connect to the database: " + reason);
            if (reason != told)
                waits << "waiting for the database, " << std::chrono::ceil<std::chrono::seconds>(left).count()
                      << " s at most: " << reason << "\n"
                      << std::flush;
            told = reason;
            std::this_thread::sleep_for(std::min<clock::duration>(left, 200ms));
        }
    }

    using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

    // Several statements are allowed (simple protocol).
    result run(const std::string& sql, std::string_view what) {
        result r(PQexec(link_.get(), sql.c_str()), &PQclear);
        check(r.get(), what);
        return r;
    }
    result run(const std::string& sql, std::initializer_list<std::string> parameters, std::string_view what) {
        std::vector<const char*> values;
        for (const auto& p : parameters) values.push_back(p.c_str());
        result r(PQexecParams(link_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                              nullptr, nullptr, 0),
                 &PQclear);
        check(r.get(), what);
        return r;
    }
    bool truth(const std::string& sql, std::initializer_list<std::string> parameters) {
        const auto r = run(sql, parameters, "check");
        return PQntuples(r.get()) > 0 && std::string_view(PQgetvalue(r.get(), 0, 0)) == "t";
    }
    std::string text(const std::string& sql) {
        const auto r = run(sql, "check");
        return PQntuples(r.get()) > 0 ? PQgetvalue(r.get(), 0, 0) : "";
    }
    bool in_transaction() const { return PQtransactionStatus(link_.get()) == PQTRANS_INTRANS; }
    std::string identifier(const std::string& name) {
        return quoted(PQescapeIdentifier(link_.get(), name.c_str(), name.size()));
    }
    std::string literal(const std::string& text) {
        return quoted(PQescapeLiteral(link_.get(), text.c_str(), text.size()));
    }
    // The SCRAM verifier: the password itself stays out of the server's logs.
    std::string verifier(const std::string& role, const std::string& password) {
        return quoted(PQencryptPasswordConn(link_.get(), password.c_str(), role.c_str(), nullptr));
    }

private:
    std::string quoted(char* owned) {
        if (!owned) throw std::runtime_error(PQerrorMessage(link_.get()));
        std::string out = owned;
        PQfreemem(owned);
        return out;
    }
    static void check(const PGresult* r, std::string_view what) {
        const auto status = PQresultStatus(r);
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return;
        auto e = error_of(r, what);
        const char* position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
        if (!position) throw e;
        throw error(e.sqlstate, e.constraint, std::string(e.what()) + " at character " + position);
    }
    std::unique_ptr<PGconn, decltype(&PQfinish)> link_;
};

void check_order(std::span<const migration> migrations) {
    int last = 0;
    for (const auto& m : migrations) {
        if (m.number <= last) throw std::logic_error("migrations are not numbered in rising order");
        last = m.number;
    }
}

// What is applied must be a prefix of ours, unchanged. Returns how many are applied.
std::size_t applied_of(session& db, std::span<const migration> migrations) {
    const auto r =
        db.run("select number, name, checksum from schema_migrations order by number", "read schema_migrations");
    const auto applied = static_cast<std::size_t>(PQntuples(r.get()));
    for (std::size_t i = 0; i < applied; ++i) {
        const int row = static_cast<int>(i);
        const std::string label = std::string(PQgetvalue(r.get(), row, 0)) + "_" + PQgetvalue(r.get(), row, 1);
        if (i >= migrations.size()) {
            throw error("55000", "", "the database is newer than this program: it has migration " + label);
        }
        if (std::stoi(PQgetvalue(r.get(), row, 0)) != migrations[i].number) {
            throw error("55000", "",
                        "the database has migration " + label + " where this program has number " +
                            std::to_string(migrations[i].number));
        }
        if (PQgetvalue(r.get(), row, 2) != checksum_of(migrations[i].sql)) {
            throw error("55000", "", "migration " + label + " was changed after it was applied");
        }
    }
    return applied;
}

void apply(session& db, const migration& m, std::ostream& out) {
    const std::string label = std::to_string(m.number) + "_" + std::string(m.name);
    const auto began = clock::now();
    db.run("begin", "begin");
    try {
        db.run(std::string(m.sql), "migration " + label);
        if (!db.in_transaction()) throw error("2D000", "", "migration " + label + " ends its transaction itself");
        db.run("insert into schema_migrations (number, name, checksum) values ($1, $2, $3)",
               {std::to_string(m.number), std::string(m.name), checksum_of(m.sql)}, "record " + label);
        db.run("commit", "commit of migration " + label);
    } catch (...) {
        // The connection goes with the exception, and the transaction with it.
        out << "failed: " << label << "\n" << std::flush;
        throw;
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began);
    out << "applied " << label << " in " << took.count() << " ms\n" << std::flush;
}

void make_role(session& db, const migrate_options& o, const std::string& role, std::ostream& out) {
    const bool exists = db.truth("select exists (select from pg_roles where rolname = $1)", {o.service_role});
    const bool may = db.truth("select rolcreaterole or rolsuper from pg_roles where rolname = current_user", {});
    if (!exists && (o.service_password.empty() || !may)) {
        throw error("42704", "",
                    "the role " + role + " does not exist, and " +
                        (may ? "no password for it is given" : "this user may not create it"));
    }
    if (o.service_password.empty()) return;
    if (!may) {
        out << "role " << role << " left as it is: this user may not change roles\n";
        return;
    }
    const auto verifier = db.literal(db.verifier(o.service_role, std::string(o.service_password.view())));
    db.run((exists ? "alter role " : "create role ") + role + " with login password " + verifier, "role");
    // For connections that come through a pooler which drops startup options.
    db.run("alter role " + role + " in database " + db.identifier(db.text("select current_database()")) +
               " set search_path = " + db.identifier(o.schema),
           "search path of the role");
    out << (exists ? "role " : "created role ") << role << "\n";
}

// Least privilege: data, no definitions; what migrations add later is covered by the default privileges.
void grant(session& db, const migrate_options& o, const std::string& role) {
    const auto schema = db.identifier(o.schema);
    const auto database = db.identifier(db.text("select current_database()"));
    for (const auto& sql : {
             "revoke all on schema " + schema + " from public",
             "revoke all on schema " + schema + " from " + role,
             "grant connect on database " + database + " to " + role,
             "grant usage on schema " + schema + " to " + role,
             "grant select, insert, update, delete on all tables in schema " + schema + " to " + role,
             "grant usage on all sequences in schema " + schema + " to " + role,
             "alter default privileges in schema " + schema + " grant select, insert, update, delete on tables to " +
                 role,
             "alter default privileges in schema " + schema + " grant usage on sequences to " + role,
             "revoke insert, update, delete on schema_migrations from " + role,
         }) {
        db.run(sql, "grant");
    }
}

}  // namespace

int migrate(const migrate_options& o, std::span<const migration> migrations, std::ostream& out, std::ostream& waits) {
    check_order(migrations);
    session_settings settings;
    settings.application_name = "mita-migrate";
    auto info = startup_of(o.url, settings);
    info.set_default("connect_timeout", "5");
    session db(info, o.wait_seconds, waits);

    const auto schema = db.identifier(o.schema);
    db.run("set client_min_messages = warning", "settings");
    db.run("set lock_timeout = '" + std::to_string(std::max(1, o.wait_seconds)) + "s'", "settings");
    db.run(std::string("select pg_advisory_lock(") + lock_key + ")", "wait for another migration");
    db.run("set lock_timeout = 0", "settings");
    // Looked up first: CREATE ... IF NOT EXISTS asks for the right to create even when there is nothing to do.
    if (!db.truth("select exists (select from pg_namespace where nspname = $1)", {o.schema})) {
        db.run("create schema " + schema, "create schema");
        out << "created schema " << o.schema << "\n";
    }
    db.run("set search_path = " + schema, "settings");
    db.run(
        "create table if not exists schema_migrations (number int primary key, name text not null, checksum text not "
        "null, "
        "applied_at timestamptz not null default now())",
        "create schema_migrations");

    for (auto i = applied_of(db, migrations); i < migrations.size(); ++i) apply(db, migrations[i], out);

    if (!o.service_role.empty() && o.service_role != db.text("select current_user")) {
        const auto role = db.identifier(o.service_role);
        db.run("begin", "begin");  // at once: a running service never sees itself without its rights
        make_role(db, o, role, out);
        grant(db, o, role);
        db.run("commit", "commit of the grants");
    }
    const int version = migrations.empty() ? 0 : migrations.back().number;
    out << "schema " << o.schema << " is at version " << version << "\n" << std::flush;
    return version;
}

}  // namespace mita::db
