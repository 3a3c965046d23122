#include "support/pg.hpp"

#include <libpq-fe.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace mita::test {

namespace {

std::string find_binaries() {
    if (const char* set = std::getenv("PG_BINDIR")) return set;
    for (const char* version : {"15", "16", "17", "18", "14"}) {
        const std::string dir = std::string("/usr/lib/postgresql/") + version + "/bin";
        if (access((dir + "/initdb").c_str(), X_OK) == 0) return dir;
    }
    throw std::runtime_error("no PostgreSQL server binaries (apt-get install postgresql)");
}

// PostgreSQL refuses to run as root.
std::string prefix() { return geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : ""; }

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

constexpr const char* password = "only-for-tests";

}  // namespace

std::string pg_cluster::binaries() { return find_binaries(); }

std::uint16_t free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        throw std::runtime_error("no free port");
    }
    close(fd);
    return ntohs(address.sin_port);
}

void pg_cluster::as_server_user(const std::string& command) const {
    const std::string log = directory_ + "/command.log";
    const std::string line = "cd " + directory_ + " && " + prefix() + command + " >" + log + " 2>&1 </dev/null";
    const int status = std::system(line.c_str());
    if (status != 0) {
        throw std::runtime_error("failed: " + command + "\n" + read_file(log) + read_file(directory_ + "/server.log"));
    }
}

pg_cluster::pg_cluster() {
    char name[] = "/tmp/mita-pg-XXXXXX";
    if (!mkdtemp(name)) throw std::runtime_error("no temporary directory");
    directory_ = name;
    const std::string bin = binaries();

    // A guard outside this process: whatever ends us closes the pipe, and it stops the server and deletes the
    // directory.
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const std::string guard =
        "read _; " + prefix() + bin + "/pg_ctl stop -s -m immediate -D " + directory_ + "/data; rm -rf " + directory_;
    const pid_t child = fork();
    if (child == 0) {
        setsid();
        dup2(pipe_ends[0], 0);
        const int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execl("/bin/sh", "sh", "-c", guard.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    close(pipe_ends[0]);
    lifeline_ = pipe_ends[1];
    guard_ = child;
    if (child < 0) throw std::runtime_error("no fork");

    std::ofstream(directory_ + "/password") << password;
    const std::string own = "chmod 755 " + directory_ + " && touch " + directory_ + "/server.log" +
                            (geteuid() == 0 ? " && chown -R postgres:postgres " + directory_ : "");
    if (std::system(own.c_str()) != 0) throw std::runtime_error("cannot hand over " + directory_);
    as_server_user(
        bin + "/initdb -D " + directory_ + "/data -U postgres --pwfile=" + directory_ +
        "/password --auth-local=trust --auth-host=scram-sha-256 --no-sync --no-locale -E UTF8 --no-instructions");
    as_server_user(
        "openssl req -new -x509 -days 2 -nodes -subj /CN=localhost -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
        "-out data/server.crt -keyout data/server.key");
    as_server_user("chmod 600 data/server.key");
    for (int attempt = 0; attempt < 5; ++attempt) {
        port_ = free_port();
        std::ofstream(directory_ + "/data/postgresql.auto.conf", std::ios::trunc)
            << "port = " << port_ << "\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '" << directory_
            << "'\nfsync = off\nfull_page_writes = off\nshared_buffers = 64MB\nmax_connections = 100\nssl = "
               "on\nautovacuum = off\n"
               "wal_level = minimal\nmax_wal_senders = 0\nlog_min_messages = log\n";
        try {
            start();
            return;
        } catch (const std::runtime_error&) {
            if (attempt == 4) throw;  // else somebody took the port meanwhile
        }
    }
}

pg_cluster::~pg_cluster() {
    close(lifeline_);
    waitpid(guard_, nullptr, 0);
}

std::string pg_cluster::url(const std::string& database) const {
    return "postgresql://postgres@/" + database + "?host=" + directory_ + "&port=" + std::to_string(port_);
}

std::string pg_cluster::tcp_url_at(std::uint16_t port, const std::string& database) const {
    return std::string("postgresql://postgres:") + password + "@127.0.0.1:" + std::to_string(port) + "/" + database +
           (port == port_ ? "" : "?sslmode=disable");
}

void pg_cluster::start() { as_server_user(binaries() + "/pg_ctl start -s -w -t 30 -D data -l server.log"); }

void pg_cluster::stop(shutdown how) {
    as_server_user(binaries() + "/pg_ctl stop -s -w -t 30 -D data -m " +
                   (how == shutdown::fast ? "fast" : "immediate"));
}

void pg_cluster::restart(shutdown how) {
    stop(how);
    start();
}

int pg_cluster::kill_backends(const std::string& application_name) {
    return std::stoi(
        sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where backend_type = 'client backend' and "
            "pid <> pg_backend_pid()" +
            (application_name.empty() ? "" : " and application_name = '" + application_name + "'")));
}

std::string pg_cluster::create_database() {
    const std::string name = "db" + std::to_string(++databases_);
    sql("create database " + name);
    return name;
}

std::string pg_cluster::sql(const std::string& text, const std::string& database) const {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url(database).c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), text.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(text + ": " + PQerrorMessage(connection.get()));
    }
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

pg_cluster& cluster() {
    static pg_cluster one;
    return one;
}

}  // namespace mita::test
