// A private PostgreSQL cluster for tests: made in a temporary directory (initdb, fsync off, unix socket + loopback on a
// free port), stopped and deleted when the process ends in whatever way. Used by every suite that touches the database.
// Start it once a test binary: mita::test::cluster().url(). Blocking; throws std::runtime_error with the server's own
// words.
#pragma once

#include <cstdint>
#include <string>

namespace mita::test {

class pg_cluster {
public:
    enum class shutdown { fast, immediate };

    pg_cluster();
    ~pg_cluster();
    pg_cluster(const pg_cluster&) = delete;
    pg_cluster& operator=(const pg_cluster&) = delete;

    // Superuser; through the unix socket (trusted) or loopback (SCRAM password; TLS is on with a certificate of our
    // own).
    std::string url(const std::string& database = "postgres") const;
    std::string tcp_url(const std::string& database = "postgres") const { return tcp_url_at(port_, database); }
    // tcp_url() by another port: through a tcp_gate. Without TLS, so that the gate sees messages.
    std::string tcp_url_at(std::uint16_t port, const std::string& database = "postgres") const;
    std::uint16_t port() const { return port_; }
    const std::string& directory() const { return directory_; }
    // Where initdb, pg_ctl and pgbench are.
    static std::string binaries();

    void stop(shutdown how = shutdown::fast);
    void start();  // returns when it accepts connections
    void restart(shutdown how = shutdown::fast);

    // Ends every other client backend; returns how many.
    int kill_backends(const std::string& application_name = "");
    // A new empty database; returns its name.
    std::string create_database();
    // Runs SQL as superuser, returns the first column of the first row ("" when none).
    std::string sql(const std::string& text, const std::string& database = "postgres") const;

private:
    void as_server_user(const std::string& command) const;
    std::string directory_;
    std::uint16_t port_ = 0;
    int guard_ = 0;
    int lifeline_ = -1;  // its closing makes the guard stop and delete the cluster
    int databases_ = 0;
};

// The one cluster of this test binary, started on first use.
pg_cluster& cluster();

// A port of the loopback nobody listens on at this moment.
std::uint16_t free_port();

}  // namespace mita::test
