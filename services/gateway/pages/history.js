// The last minute of looks at every instance, and what happened in it: rates, percentiles, shares.
import { Look, buckets, bucketsGrown, count, grown, parse } from "./samples.js";

const KEEP = 60; // looks: a minute

export class History {
  constructor() { this.instances = new Map(); }

  // A document of /ops/data, at `seconds` of this page's clock.
  add(document, seconds) {
    this.at = document.at; // of the services' clock, which may be another than this machine's
    const seen = new Set();
    for (const { service, address, health, metrics } of document.instances) {
      const id = `${service} ${address}`;
      seen.add(id);
      if (!this.instances.has(id)) this.instances.set(id, { service, address, looks: [] });
      const one = this.instances.get(id);
      one.health = health;
      if (health === null) { one.looks = []; continue; }
      one.looks.push({ seconds, look: new Look(parse(metrics)), health });
      if (one.looks.length > KEEP) one.looks.shift();
    }
    for (const id of this.instances.keys()) if (!seen.has(id)) this.instances.delete(id);
  }

  of(service) { return [...this.instances.values()].filter((i) => i.service === service); }
  all() { return [...this.instances.values()]; }
  // Another text when an instance came, went or was started anew.
  starts() { return this.all().map((i) => `${i.service} ${i.address} ${i.looks.length ? this.now(i).sum("process_start_time_seconds") : "away"}`).join("\n"); }
  now(one) { return one.looks.at(-1)?.look ?? new Look([]); }

  // The look `back` looks ago, or the oldest.
  before(one, back = KEEP) { return one.looks[Math.max(0, one.looks.length - 1 - back)]; }
  seconds(one, back) { const last = one.looks.at(-1), old = this.before(one, back); return last && last !== old ? last.seconds - old.seconds : 0; }

  // Of a counter, a second, over the last ten; null before two looks.
  rate(one, name, back = 10) {
    const length = this.seconds(one, back);
    return length > 0 ? grown(this.now(one).sum(name), this.before(one, back).look.sum(name)) / length : null;
  }

  // How the samples that `wanted` picks grew from look to look, a second.
  course(one, name, wanted) {
    const sums = one.looks.map(({ seconds, look }) => ({ seconds, sum: look.all(name).filter((s) => wanted(s.labels)).reduce((t, s) => t + s.value, 0) }));
    return sums.slice(1).map((s, i) => grown(s.sum, sums[i].sum) / (s.seconds - sums[i].seconds));
  }

  // Of a histogram over the minute, by key(labels); or all since its start.
  minute(one, name, key = () => "", whole = this.seconds(one, KEEP) === 0) {
    const now = buckets(this.now(one), name, key);
    const old = whole ? new Map() : buckets(this.before(one).look, name, key);
    const out = new Map();
    for (const [k, counts] of now) out.set(k, bucketsGrown(counts, old.get(k)));
    return out;
  }

  // [{key, labels, now, rate}] of each series of a counter.
  series(one, name) {
    const old = new Map((this.before(one, 10)?.look.all(name) ?? []).map((s) => [JSON.stringify(s.labels), s.value]));
    const length = this.seconds(one, 10);
    return this.now(one).all(name).map((s) => ({ labels: s.labels, now: s.value,
      rate: length > 0 ? grown(s.value, old.get(JSON.stringify(s.labels)) ?? 0) / length : null }));
  }
}

export { count };
