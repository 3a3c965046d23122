// Each part of the board, drawn from the history.
import { bar, bytes, make, mark, mix, ms, number, percent, put, since, span, spark, table, tile } from "./draw.js";
import { count } from "./history.js";
import { quantile } from "./samples.js";

const DURATION = "mita_http_request_duration_seconds_bucket", REQUESTS = "mita_http_requests_total";
const SLOW = 1; // seconds, as the services count it
const CIRCUIT = [["closed", "healthy"], ["half open", "degraded"], ["open", "unhealthy"]]; // as mita_gateway_circuit_state counts them
const OPERATIONAL = /^\/(livez|readyz|health|metrics|docs|ops|ops\/data|assets\/\{file\})$/;
const of = (one) => one.looks.at(-1).health;
const live = (history) => history.all().filter((i) => i.looks.length > 0);
const name = (one) => (one.service === "gateway" ? "gateway" : `${one.service} ${one.address}`);
// A scrape near its bound counts what has no room as {overflow="true"}, without any other label.
const people = (labels) => labels.service === "gateway" && !OPERATIONAL.test(labels.route);

export function worst(history) {
  const order = ["healthy", "degraded", "unhealthy", "unreachable"];
  return history.all().map((i) => i.health?.status ?? "unreachable").sort((a, b) => order.indexOf(b) - order.indexOf(a))[0];
}

function trouble(history) {
  const rows = [];
  for (const one of history.all()) {
    if (!one.health) rows.push(make("li", { class: "unhealthy" }, make("strong", {}, name(one)), " does not answer"));
    for (const d of one.health?.degradation ?? [])
      rows.push(make("li", {}, make("strong", {}, name(one)), ` ${d.reason.replaceAll("_", " ")}`, d.limit ? `: ${number(d.value)}` : null,
        make("span", { class: "soft" }, `${d.limit ? `, limit ${number(d.limit)}` : ""}, for ${since(d.since, history.at)}`)));
    if (one.health?.database && one.health.database.status !== "connected")
      rows.push(make("li", { class: "unhealthy" }, make("strong", {}, name(one)), ` database ${one.health.database.status}`));
  }
  put("trouble", rows.length ? make("ul", { class: "reasons" }, ...rows) : make("p", { class: "all-well" }, "Nothing: every instance is healthy."));
}

// Has nobody asked for anything in the last minute? Then what is shown is since the start.
function quiet(history, gateway) {
  return history.seconds(gateway) === 0 || count(history.minute(gateway, DURATION, (l) => (people(l) ? "people" : "")).get("people") ?? new Map()) === 0;
}

function statuses(history, gateway, first) {
  const shares = { 2: 0, 3: 0, 4: 0, 5: 0 };
  const old = new Map((history.before(gateway)?.look.all(REQUESTS) ?? []).map((s) => [JSON.stringify(s.labels), s.value]));
  for (const s of history.now(gateway).all(REQUESTS)) {
    if (!people(s.labels)) continue;
    const before = first ? 0 : old.get(JSON.stringify(s.labels)) ?? 0;
    const digit = s.labels.status[0];
    if (digit in shares) shares[digit] += s.value < before ? s.value : s.value - before;
  }
  return shares;
}

function now(history) {
  const [gateway] = history.of("gateway"), look = history.now(gateway), health = of(gateway);
  const still = quiet(history, gateway), shares = statuses(history, gateway, still);
  const total = Object.values(shares).reduce((a, b) => a + b, 0);
  const all = history.minute(gateway, DURATION, (l) => (people(l) ? "people" : ""), still).get("people") ?? new Map();
  const rate = history.series(gateway, REQUESTS).filter((s) => people(s.labels)).reduce((t, s) => t + (s.rate ?? 0), 0);
  const logins = history.of("auth").reduce((t, a) => t + (history.rate(a, "mita_auth_logins_total") ?? 0), 0);
  const lag = Math.max(...live(history).map((i) => i.looks.at(-1).look.samples.find((s) => s.name.endsWith("_event_loop_lag_seconds"))?.value ?? 0));
  const course = history.course(gateway, REQUESTS, people);
  put("now",
    tile("Requests", number(rate), "a second", course.length > 1 ? spark(course, `requests a second, over ${course.length} s`) : null),
    tile("p99", ms(quantile(all, 0.99)), null, `p50 ${ms(quantile(all, 0.5))}, p95 ${ms(quantile(all, 0.95))}`),
    tile("Answers", percent(total ? shares[5] / total : null), "are 5xx", mix(shares)),
    tile("In flight", number(Math.max(0, look.sum("mita_http_requests_in_flight", { service: "gateway" }) - 1 /* our own */)), `of ${number(look.sum("mita_gateway_client_connections"))} connections`),
    tile("Logins", number(logins), "a second"),
    tile("Loop lag", ms(lag), "worst"),
    tile("Slow requests", number(health.performance.slow_requests), "in the last minute"));
}

function routes(history) {
  const [gateway] = history.of("gateway");
  // Timed by route, counted by method, too.
  const still = quiet(history, gateway), times = history.minute(gateway, DURATION, (l) => (people(l) ? l.route : ""), still);
  const rates = new Map(), errors = new Map(), methods = new Map();
  for (const s of history.series(gateway, REQUESTS)) {
    const k = s.labels.route;
    methods.set(k, (methods.get(k) ?? new Set()).add(s.labels.method));
    rates.set(k, (rates.get(k) ?? 0) + (s.rate ?? 0));
    if (s.labels.status >= "500") errors.set(k, (errors.get(k) ?? 0) + (s.rate ?? s.now));
  }
  put("span", still ? "since the start: nobody asks right now" : `the last ${span(history.seconds(gateway))}`);
  const rows = [...times].filter(([k, c]) => k && count(c) > 0).sort((a, b) => count(b[1]) - count(a[1])).slice(0, 40)
    .map(([k, c]) => [make("code", {}, `${[...methods.get(k) ?? []].join(" ")} ${k}`), number(count(c)), number(rates.get(k)), ms(quantile(c, 0.5)), ms(quantile(c, 0.95)), ms(quantile(c, 0.99)), number(errors.get(k) ?? 0)]);
  put("routes", table("Routes", ["route", "requests#", "a second#", "p50#", "p95#", "p99#", "5xx#"], rows, "Nobody asked for anything."));
}

function instances(history) {
  put("instances", table("Instances", ["instance", "status", "p99#", "CPU#", "memory#", "up#"], history.all().map((one) => {
    if (!one.looks.length) return [name(one), mark("unreachable"), "–", "–", "–", "–"];
    const h = of(one), used = history.now(one).sum("process_resident_memory_bytes"), limit = h.platform?.memory_limit_bytes ?? 0;
    return [make("span", {}, name(one), make("br"), make("span", { class: "soft" }, `${h.version} ${h.commit}`)), mark(h.status), ms(h.performance.p99_ms === null ? null : h.performance.p99_ms / 1000),
      percent(history.rate(one, "process_cpu_seconds_total")), `${bytes(used)}${limit ? ` of ${bytes(limit)}` : ""}`, span(h.uptime_s)];
  })));
}

function upstreams(history) {
  const [gateway] = history.of("gateway"), look = history.now(gateway);
  const times = history.minute(gateway, "mita_gateway_upstream_duration_seconds_bucket", (l) => l.upstream);
  const requests = history.series(gateway, "mita_gateway_upstream_requests_total");
  const rate = (upstream, outcome) => requests.filter((s) => s.labels.upstream === upstream && s.labels.outcome === outcome).reduce((t, s) => t + (s.rate ?? 0), 0);
  const connections = (upstream, state) => look.sum("mita_gateway_upstream_connections", { upstream, state });
  const circuit = (upstream) => (look.has("mita_gateway_circuit_state") ? CIRCUIT[look.sum("mita_gateway_circuit_state", { upstream })] : undefined);
  const again = (upstream) => history.series(gateway, "mita_gateway_retries_total").filter((s) => s.labels.upstream === upstream).reduce((t, s) => t + (s.rate ?? 0), 0);
  const rows = Object.entries(of(gateway).services ?? {}).map(([u, status]) => [u, mark(status), circuit(u) ? make("span", { class: `mark ${circuit(u)[1]}` }, circuit(u)[0]) : "–",
    number(rate(u, "answered")), number(rate(u, "failed")), number(again(u)), ms(quantile(times.get(u) ?? new Map(), 0.95)), `${connections(u, "busy")} / ${connections(u, "idle")}`]);
  const refused = [...history.series(gateway, "mita_gateway_ratelimit_decisions_total").map((s) => [`limiter ${s.labels.decision}`, s]),
    ...history.series(gateway, "mita_gateway_rejected_total").map((s) => [(s.labels.reason ?? "others").replaceAll("_", " "), s]),
    ...history.series(gateway, "mita_gateway_malformed_total").map((s) => [`malformed ${s.labels.rule ?? "otherwise"}`, s])].filter(([, s]) => s.now > 0);
  put("upstreams", table("Upstreams", ["upstream", "status", "circuit", "answered / s#", "failed / s#", "sent again / s#", "p95#", "busy / idle#"], rows),
    table("Limiter and refusals", ["limiter and refusals", "in all#", "a second#"], refused.map(([k, s]) => [k, number(s.now), number(s.rate)]), "Nothing was counted or refused."));
}

function hashing(history) {
  const rows = history.of("auth").filter((a) => a.looks.length).map((one) => {
    const look = history.now(one), used = look.sum("mita_auth_hash_lanes", { state: "in_use" }), lanes = look.sum("mita_auth_hash_lanes", { state: "all" });
    return [one.address, of(one).notes?.hashing ?? "–", make("span", {}, `${used} of ${lanes} `, bar(used / lanes, 0.95)), number(look.sum("mita_auth_hash_queue_depth")), number(look.sum("mita_auth_hash_shed_total"))];
  });
  const logins = history.of("auth").flatMap((one) => history.series(one, "mita_auth_logins_total").filter((s) => s.now > 0).map((s) => [s.labels.result, number(s.now), number(s.rate)]));
  const trails = [...history.of("gateway"), ...history.of("auth")].filter((i) => i.looks.length).map((one) => {
    const by = (results) => history.series(one, `mita_${one.service}_audit_events_total`).filter((s) => results.includes(s.labels.result));
    return [name(one), number(history.now(one).sum(`mita_${one.service}_audit_waiting`)), number(by(["sent", "written"]).reduce((t, s) => t + (s.rate ?? 0), 0)),
      number(by(["dropped", "refused"]).reduce((t, s) => t + s.now, 0))];
  });
  put("hashing", table("Hashing", ["auth", "kernel", "lanes in use", "in line#", "refused#"], rows), table("Logins", ["logins", "in all#", "a second#"], logins, "Nobody has signed in."),
    table("Audit trail", ["audit trail", "in line#", "kept / s#", "lost#"], trails));
}

function database(history) {
  const some = live(history).filter((i) => of(i).database);
  const rows = some.map((one) => {
    const d = of(one).database, wait = history.minute(one, "mita_db_pool_wait_seconds_bucket").get("");
    return [name(one), mark(d.status === "connected" ? "healthy" : "unhealthy"), d.latency_ms === null ? "–" : ms(d.latency_ms / 1000),
      make("span", {}, `${d.pool.in_use} of ${d.pool.size} `, bar(d.pool.utilization)), number(d.pool.waiting), ms(wait ? quantile(wait, 0.99) : null)];
  });
  const queries = some.flatMap((one) => {
    const sums = new Map(history.series(one, "mita_db_query_duration_seconds_sum").map((s) => [s.labels.query, s]));
    return history.series(one, "mita_db_query_duration_seconds_count").filter((s) => s.now > 0)
      .map((s) => ({ query: s.labels.query, rate: s.rate ?? 0, load: sums.get(s.labels.query)?.rate ?? 0, mean: sums.get(s.labels.query).now / s.now }));
  }).sort((a, b) => b.load - a.load || b.mean - a.mean).slice(0, 8);
  put("database", table("Database", ["instance", "status", "ping#", "pool in use", "in line#", "wait p99#"], rows),
    table("Statements", ["busiest statements", "a second#", "mean#"], queries.map((q) => [make("code", {}, q.query), number(q.rate), ms(q.mean)]), "No statement yet."));
}

function caches(history) {
  const rows = live(history).flatMap((one) => Object.entries(of(one).caches ?? {}).map(([cache, c]) => {
    const old = history.before(one, 60).health.caches?.[cache] ?? c;
    const hits = c.hits - old.hits, asked = hits + c.misses - old.misses;
    return [`${one.service} ${cache}`, asked > 0 ? percent(hits / asked) : "–", c.hits + c.misses ? percent(c.hit_ratio) : "–", number(c.entries), make("span", {}, `${bytes(c.bytes)} `, bar(c.max_bytes ? c.bytes / c.max_bytes : 0, 2)), number(c.evictions)];
  }));
  put("caches", table("Caches", ["cache", "hits now#", "hits ever#", "entries#", "memory", "evicted#"], rows));
}

function slow(history) {
  const seen = live(history).flatMap((one) => history.now(one).all(DURATION).filter((s) => s.exemplar && s.exemplar.value >= SLOW && s.labels.route && !OPERATIONAL.test(s.labels.route) && !s.labels.route.startsWith("/internal/"))
    .map((s) => ({ who: one.service, route: s.labels.route, ...s.exemplar })));
  seen.sort((a, b) => b.at - a.at);
  put("slow", table("Slow requests", ["request", "took#", "ago#", "trace"], seen.slice(0, 10).map((s) => [make("span", {}, make("code", {}, s.route), ` at ${s.who}`), ms(s.value),
    span(Math.max(0, Date.now() / 1000 - s.at)), make("code", {}, s.trace.slice(0, 16))]), "None over a second is remembered."));
}

function settings(history) {
  put("settings", ...live(history).map((one) => make("details", {}, make("summary", {}, `${name(one)} on ${of(one).platform.name}`),
    table(`Settings of ${name(one)}`, ["setting", "value", "source"], Object.entries(of(one).platform.settings).map(([k, s]) => [make("code", {}, k), `${s.value}`, s.source])))));
}

export function draw(history) {
  for (const part of [trouble, now, routes, instances, upstreams, hashing, database, caches, slow]) part(history);
}
export { settings };
