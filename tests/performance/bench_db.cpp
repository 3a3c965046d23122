// B8: point selects by primary key through db::pool, 64 callers on one thread, 2 connections over a unix socket: the
// pipelined lane, whose reads by key share Syncs, against the same library with one query in flight per connection, and
// against pgbench's prepared pipelines, rounds interleaved. Beside them the lane as writes use it, each with a Sync of
// its own, and what libpq alone reaches that way. Starts a private PostgreSQL. Prints one JSON line per figure; exits 1
// if an answer is wrong, never because of the time.
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "db/pool.hpp"
#include "support/pg.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/resource.h>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace mita;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

constexpr int callers = 64;
constexpr unsigned connections = 2;
constexpr int rounds = 9;  // the first is dropped
constexpr std::int64_t table_rows = 100'000;
constexpr auto round_time = 1000ms;

constexpr db::statement point{"point", "select id, payload from bench where id = $1", db::sync::shared};
constexpr db::statement point_alone{"point_alone", "select id, payload from bench where id = $1"};

struct score {
    std::int64_t answers = 0;
    bool right = true;
};

awaitable<void> ask(db::pool& pool, const db::statement& what, clock_type::time_point until, std::uint64_t seed,
                    score& s) {
    while (clock_type::now() < until) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const auto id = static_cast<std::int64_t>((seed >> 33) % static_cast<std::uint64_t>(table_rows)) + 1;
        const auto limit = deadline::after(5s);
        const auto r = co_await pool.query(what, limit, id);
        s.right = s.right && r.size() == 1 && r.front().get<std::int64_t>(0) == id &&
                  r.front().get<std::string_view>(1).size() == 32;
        ++s.answers;
    }
}

double cpu_seconds() {
    rusage u{};
    getrusage(RUSAGE_SELF, &u);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(u.ru_utime) + of(u.ru_stime);
}

struct figure {
    double per_second = 0, cpu_us = 0;
};

figure measure(asio::io_context& context, db::pool& pool, const db::statement& what, bool& right) {
    score s;
    int running = callers;
    const auto cpu = cpu_seconds();
    const auto began = clock_type::now();
    for (int i = 0; i < callers; ++i)
        asio::co_spawn(context, ask(pool, what, began + round_time, static_cast<std::uint64_t>(i) * 7919 + 1, s),
                       [&](std::exception_ptr e) {
                           --running;
                           if (e) right = false;
                       });
    context.restart();
    while (running > 0) context.run_one();
    const std::chrono::duration<double> took = clock_type::now() - began;
    right = right && s.right;
    return {static_cast<double>(s.answers) / took.count(),
            (cpu_seconds() - cpu) * 1e6 / static_cast<double>(s.answers)};
}

// The same number of connections and statements in flight, one thread. 0 when pgbench is not there.
double pgbench(const test::pg_cluster& cluster) {
    const std::string script = cluster.directory() + "/point.sql";
    const int batch = callers / static_cast<int>(connections);
    std::ofstream out(script);
    for (int i = 0; i < batch; ++i) out << "\\set id" << i << " random(1, " << table_rows << ")\n";
    out << "\\startpipeline\n";
    for (int i = 0; i < batch; ++i) out << "select id, payload from bench where id = :id" << i << ";\n";
    out << "\\endpipeline\n";
    out.close();
    const std::string command = fmt::format(
        "{}/pgbench -n -M prepared -c {} -j 1 -T 1 -f {} -h {} -p {} -U postgres "
        "postgres 2>/dev/null | sed -n 's/^tps = \\([0-9.]*\\).*/\\1/p'",
        test::pg_cluster::binaries(), connections, script, cluster.directory(), cluster.port());
    FILE* p = popen(command.c_str(), "r");
    char text[64] = "";
    if (!p) return 0;
    if (!std::fgets(text, sizeof text, p)) text[0] = 0;
    pclose(p);
    return std::atof(text) * batch;
}

// libpq and poll() alone, as many connections and queries in flight; one Sync a query, or one for all that a connection
// has in flight, as pgbench does it.
class libpq_alone {
public:
    libpq_alone(const std::string& url, bool sync_each) : sync_each_(sync_each) {
        for (PGconn*& c : links_) {
            c = PQconnectdb(url.c_str());
            const std::string text(point.sql);
            PQclear(PQprepare(c, point.name.data(), text.c_str(), 0, nullptr));
            if (PQsetnonblocking(c, 1) != 0 || PQenterPipelineMode(c) != 1) throw std::runtime_error(PQerrorMessage(c));
        }
    }
    ~libpq_alone() {
        for (PGconn* c : links_) PQfinish(c);
    }
    libpq_alone(const libpq_alone&) = delete;
    libpq_alone& operator=(const libpq_alone&) = delete;

    struct score {
        double per_second = 0, client_us = 0, server_us = 0;
    };
    score run(bool& right) {
        answers_ = 0;
        const auto cpu = cpu_seconds(), server = server_seconds();
        const auto began = clock_type::now();
        bool asking = true;
        for (std::size_t i = 0; i < links_.size(); ++i) ask(i);
        while (asking || in_flight_[0] + in_flight_[1] > 0) {
            std::array<pollfd, connections> watched{};
            for (std::size_t i = 0; i < links_.size(); ++i) watched[i] = {PQsocket(links_[i]), POLLIN, 0};
            if (::poll(watched.data(), watched.size(), 5000) <= 0) throw std::runtime_error("no answer");
            asking = clock_type::now() - began < round_time;
            for (std::size_t i = 0; i < links_.size(); ++i) {
                if (watched[i].revents == 0) continue;
                take(i, right);
                if (asking) ask(i);
            }
        }
        const std::chrono::duration<double> took = clock_type::now() - began;
        const auto n = static_cast<double>(answers_);
        return {n / took.count(), (cpu_seconds() - cpu) * 1e6 / n, (server_seconds() - server) * 1e6 / n};
    }

private:
    void ask(std::size_t i) {
        constexpr int most = callers / static_cast<int>(connections);
        if (!sync_each_ && in_flight_[i] > 0) return;
        while (in_flight_[i] < most) {
            seed_ = seed_ * 6364136223846793005u + 1442695040888963407u;
            const auto id = std::to_string((seed_ >> 33) % static_cast<std::uint64_t>(table_rows) + 1);
            const char* value = id.c_str();
            PQsendQueryPrepared(links_[i], point.name.data(), 1, &value, nullptr, nullptr, 1);
            if (sync_each_) PQpipelineSync(links_[i]);
            ++in_flight_[i];
        }
        if (!sync_each_) PQpipelineSync(links_[i]);
    }
    void take(std::size_t i, bool& right) {
        right = right && PQconsumeInput(links_[i]) == 1;
        for (int nulls = 0; nulls < 3 && PQisBusy(links_[i]) == 0;) {
            PGresult* r = PQgetResult(links_[i]);
            nulls = r == nullptr ? nulls + 1 : 0;
            if (PQresultStatus(r) == PGRES_TUPLES_OK) {
                right = right && PQntuples(r) == 1;
                --in_flight_[i];
                ++answers_;
            }
            PQclear(r);
        }
    }
    double server_seconds() const {
        double sum = 0;
        for (const PGconn* c : links_) {
            std::ifstream in(fmt::format("/proc/{}/schedstat", PQbackendPID(c)));
            double ns = 0;
            in >> ns;
            sum += ns / 1e9;
        }
        return sum;
    }

    bool sync_each_;
    std::array<PGconn*, connections> links_{};
    std::array<int, connections> in_flight_{};
    std::int64_t answers_ = 0;
    std::uint64_t seed_ = 1;
};

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
}

std::unique_ptr<db::pool> pool_of(asio::io_context& c, logger& log, metrics::registry& m, const std::string& url,
                                  std::size_t in_flight) {
    db::pool_options o;
    o.url = secret(url);
    o.pipelined = connections;
    o.max_in_flight = in_flight;
    o.application_name = "bench";
    return std::make_unique<db::pool>(c.get_executor(), std::move(o), log, m);
}

void print(const char* what, const std::vector<double>& ratios, const char* target, double goal, const char* peer,
           const std::string& more, bool right) {
    const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
    fmt::print(
        "{{\"goal\":\"B8\",\"what\":\"{}\",\"value\":{:.2f},\"unit\":\"ratio\",\"target\":\"{}\",\"met\":{},\"peer\":"
        "\"{}\","
        "\"min\":{:.2f},\"max\":{:.2f},\"rounds\":{},{},\"correct\":{}}}\n",
        what, median(ratios), target, median(ratios) >= goal, peer, *low, *high, ratios.size(), more, right);
}

}  // namespace

int main() {
    auto& cluster = test::cluster();
    cluster.sql("create table bench(id int8 primary key, payload text not null)");
    cluster.sql(fmt::format("insert into bench select i, md5(i::text) from generate_series(1, {}) i", table_rows));
    cluster.sql("vacuum analyze bench");
    asio::io_context context(1);
    logger log("bench", log_level::warn);
    metrics::registry metrics;
    const auto pipelined = pool_of(context, log, metrics, cluster.url(), 64);
    const auto plain = pool_of(context, log, metrics, cluster.url(), 1);
    while (pipelined->stats().connected < connections || plain->stats().connected < connections) context.run_one();

    bool right = true;
    libpq_alone each(cluster.url(), true), together(cluster.url(), false);
    std::vector<double> to_plain, alone_to_plain, to_pgbench, per_second, plain_per_second, pgbench_per_second, cpu_us,
        plain_cpu_us;
    std::vector<double> bound, each_client, each_server, together_client, together_server;
    for (int i = 0; i < rounds; ++i) {
        const auto a = measure(context, *pipelined, point, right);
        const auto w = measure(context, *pipelined, point_alone, right);
        const auto b = measure(context, *plain, point, right);
        const auto c = pgbench(cluster);
        const auto e = each.run(right);
        const auto t = together.run(right);
        if (i == 0) continue;
        if (c > 0) bound.push_back(e.per_second / c);
        each_client.push_back(e.client_us);
        each_server.push_back(e.server_us);
        together_client.push_back(t.client_us);
        together_server.push_back(t.server_us);
        to_plain.push_back(a.per_second / b.per_second);
        alone_to_plain.push_back(w.per_second / b.per_second);
        if (c > 0) to_pgbench.push_back(a.per_second / c);
        per_second.push_back(a.per_second);
        plain_per_second.push_back(b.per_second);
        pgbench_per_second.push_back(c);
        cpu_us.push_back(a.cpu_us);
        plain_cpu_us.push_back(b.cpu_us);
    }
    print("point queries, pipelined lane, 64 callers, 2 connections", to_plain, ">= 2.2", 2.2,
          "one query in flight per connection",
          fmt::format("\"per_second\":{:.0f},\"peer_per_second\":{:.0f},\"cpu_us\":{:.2f},\"peer_cpu_us\":{:.2f}",
                      median(per_second), median(plain_per_second), median(cpu_us), median(plain_cpu_us)),
          right);
    print("the same with a Sync each, as writes go", alone_to_plain, ">= 2.2", 2.2,
          "one query in flight per connection", fmt::format("\"peer_per_second\":{:.0f}", median(plain_per_second)),
          right);
    if (!to_pgbench.empty())
        print("point queries, pipelined lane", to_pgbench, ">= 0.6", 0.6,
              "pgbench -M prepared, pipelines of 32 with one Sync",
              fmt::format("\"per_second\":{:.0f},\"peer_per_second\":{:.0f}", median(per_second),
                          median(pgbench_per_second)),
              right);
    if (!bound.empty())
        print("libpq alone, a Sync each", bound, "", 0, "the same pgbench",
              fmt::format("\"client_us\":{:.2f},\"server_us\":{:.2f},\"one_sync_client_us\":{:.2f},"
                          "\"one_sync_server_us\":{:.2f}",
                          median(each_client), median(each_server), median(together_client), median(together_server)),
              right);
    return right ? 0 : 1;
}
