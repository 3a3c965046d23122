// What a scrape says, and what changed between two of them. No document here: plain data in, plain data out.
const LINE = /^([\w:]+)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)(?: # \{trace_id="(\w+)"\} (\S+)(?: (\S+))?)?$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

// [{name, labels, value, exemplar}] of a text.
export function parse(text) {
  const out = [];
  for (const line of text.split("\n")) {
    const m = LINE.exec(line);
    if (!m) continue;
    const labels = {};
    for (const [, name, value] of (m[2] ?? "").matchAll(LABEL)) labels[name] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    const sample = { name: m[1], labels, value: Number(m[3]) };
    if (m[4]) sample.exemplar = { trace: m[4], value: Number(m[5]), at: Number(m[6]) };
    out.push(sample);
  }
  return out;
}

// One look at one instance: sums by name and labels.
export class Look {
  constructor(samples) {
    this.samples = samples;
    this.by = new Map();
    for (const s of samples) {
      if (!this.by.has(s.name)) this.by.set(s.name, []);
      this.by.get(s.name).push(s);
    }
  }
  all(name) { return this.by.get(name) ?? []; }
  sum(name, want = {}) {
    let total = 0;
    for (const s of this.all(name)) if (Object.entries(want).every(([k, v]) => s.labels[k] === v)) total += s.value;
    return total;
  }
  has(name) { return this.by.has(name); }
}

// Of a counter between two looks; what began anew (a restart) counts from 0.
export function grown(now, before) { return before === undefined || now < before ? now : now - before; }

// {key: {le: count}} of a histogram's sparse cumulative buckets, grouped by key(labels).
export function buckets(look, name, key) {
  const series = new Map();
  for (const s of look.all(name)) {
    const { le, ...rest } = s.labels;
    const id = JSON.stringify(rest);
    if (!series.has(id)) series.set(id, { labels: rest, list: [] });
    series.get(id).list.push([le === "+Inf" ? Infinity : Number(le), s.value]);
  }
  const out = new Map();
  for (const { labels, list } of series.values()) {
    list.sort((a, b) => a[0] - b[0]);
    const k = key(labels);
    const into = out.get(k) ?? new Map();
    let below = 0;
    for (const [le, value] of list) {
      into.set(le, (into.get(le) ?? 0) + value - below);
      below = value;
    }
    out.set(k, into);
  }
  return out;
}

// What came into the buckets since; all of it when something went back.
export function bucketsGrown(now, before) {
  if (!before) return now;
  for (const [le, n] of before) if ((now.get(le) ?? 0) < n) return now;
  const out = new Map();
  for (const [le, n] of now) out.set(le, n - (before.get(le) ?? 0));
  return out;
}

export const BOUNDS = [0, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10];

// The q-quantile in seconds, linear within its bucket; null of nothing.
export function quantile(counts, q) {
  const list = [...counts].filter(([, n]) => n > 0).sort((a, b) => a[0] - b[0]);
  const total = list.reduce((t, [, n]) => t + n, 0);
  if (total === 0) return null;
  let left = q * total;
  for (const [le, n] of list) {
    if (left <= n) {
      if (le === Infinity) return BOUNDS.at(-1);
      const low = BOUNDS.filter((b) => b < le).at(-1) ?? 0;
      return low + (le - low) * (left / n);
    }
    left -= n;
  }
  return list.at(-1)[0];
}

export const count = (counts) => [...counts.values()].reduce((t, n) => t + n, 0);
