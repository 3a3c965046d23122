// B8: point selects by primary key through db::pool, 64 callers on one thread, 2 connections over a unix socket: the
// pipelined lane against the same library with one query in flight per connection, and against pgbench's prepared
// pipelines, rounds interleaved. Starts a private PostgreSQL. Prints one JSON line per figure; exits 1 if an answer is
// wrong, never because of the time.
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "db/pool.hpp"
#include "support/pg.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <memory>
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

constexpr db::statement point{"point", "select id, payload from bench where id = $1"};

struct score {
    std::int64_t answers = 0;
    bool right = true;
};

awaitable<void> ask(db::pool& pool, clock_type::time_point until, std::uint64_t seed, score& s) {
    while (clock_type::now() < until) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const auto id = static_cast<std::int64_t>((seed >> 33) % static_cast<std::uint64_t>(table_rows)) + 1;
        const auto limit = deadline::after(5s);
        const auto r = co_await pool.query(point, limit, id);
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

figure measure(asio::io_context& context, db::pool& pool, bool& right) {
    score s;
    int running = callers;
    const auto cpu = cpu_seconds();
    const auto began = clock_type::now();
    for (int i = 0; i < callers; ++i)
        asio::co_spawn(context, ask(pool, began + round_time, static_cast<std::uint64_t>(i) * 7919 + 1, s),
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
    std::vector<double> to_plain, to_pgbench, per_second, plain_per_second, pgbench_per_second, cpu_us, plain_cpu_us;
    for (int i = 0; i < rounds; ++i) {
        const auto a = measure(context, *pipelined, right);
        const auto b = measure(context, *plain, right);
        const auto c = pgbench(cluster);
        if (i == 0) continue;
        to_plain.push_back(a.per_second / b.per_second);
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
    if (!to_pgbench.empty())
        print("point queries, pipelined lane, one Sync each", to_pgbench, ">= 0.6", 0.6,
              "pgbench -M prepared, pipelines of 32 with one Sync",
              fmt::format("\"per_second\":{:.0f},\"peer_per_second\":{:.0f}", median(per_second),
                          median(pgbench_per_second)),
              right);
    return right ? 0 : 1;
}
