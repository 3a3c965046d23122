// Elements without a framework: everything is made by createElement and textContent, so that no text ever becomes markup.
const SVG = "http://www.w3.org/2000/svg";

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined && value !== null) node.setAttribute(name, value);
  node.append(...children.filter((c) => c !== undefined && c !== null));
  return node;
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const format = (digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });
const whole = format(0), tenth = format(1), fine = format(2);

// A number as short as it can be read.
export const number = (n) => (n === null || n === undefined || Number.isNaN(n) ? "–" : (Math.abs(n) >= 100 ? whole : Math.abs(n) >= 10 ? tenth : fine).format(n));
export const percent = (share) => (share === null || share === undefined || Number.isNaN(share) ? "–" : `${tenth.format(share * 100)} %`);
export const ms = (seconds) => (seconds === null || seconds === undefined ? "–" : seconds >= 1 ? `${fine.format(seconds)} s` : `${number(seconds * 1000)} ms`);
export const bytes = (n) => (n >= 2 ** 30 ? `${fine.format(n / 2 ** 30)} GB` : n >= 2 ** 20 ? `${tenth.format(n / 2 ** 20)} MB` : `${whole.format(n / 1024)} KB`);
export const span = (s) => (s < 90 ? `${whole.format(s)} s` : s < 5400 ? `${whole.format(s / 60)} min` : s < 172800 ? `${whole.format(s / 3600)} h` : `${whole.format(s / 86400)} d`);
export const since = (instant, now) => span(Math.max(0, (Date.parse(now) - Date.parse(instant)) / 1000));

export const mark = (status) => make("span", { class: `mark ${status}` }, status);

// heads: texts, one that ends in # is of numbers. rows: of texts or nodes.
export function table(caption, heads, rows, none = "none yet") {
  if (rows.length === 0) return make("p", { class: "soft" }, none);
  const numeric = heads.map((h) => h.endsWith("#"));
  const head = make("tr", {}, ...heads.map((h, i) => make("th", { scope: "col", class: numeric[i] ? "number" : null }, h.replace("#", ""))));
  const body = rows.map((row) => make("tr", {}, ...row.map((cell, i) => make("td", { class: numeric[i] ? "number" : null }, cell))));
  return make("div", { class: "wide", tabindex: "0", role: "group", "aria-label": caption },
    make("table", {}, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body)));
}

export function bar(share, limit = 0.8) {
  const used = Math.min(1, Math.max(0, share || 0));
  return svg("svg", { class: `bar${used > limit ? " much" : ""}`, viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": percent(share) },
    svg("rect", { width: used * 100, height: 10 }));
}

// Shares of answers by their first digit.
export function mix(counts) {
  const total = Object.values(counts).reduce((a, b) => a + b, 0);
  if (total === 0) return make("p", { class: "soft" }, "no answers");
  let x = 0;
  const parts = Object.entries(counts).map(([digit, n]) => {
    const part = svg("rect", { class: `s${digit}`, x, width: (n / total) * 100, height: 10 });
    x += (n / total) * 100;
    return part;
  });
  const said = Object.entries(counts).filter(([, n]) => n > 0).map(([digit, n]) => `${digit}xx ${percent(n / total)}`).join(", ");
  return make("div", {}, svg("svg", { class: "mix", viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": said }, ...parts),
    make("span", { class: "soft" }, said));
}

export function spark(values, what) {
  const top = Math.max(...values, 1e-9), step = 100 / Math.max(1, values.length - 1);
  const d = values.map((v, i) => `${i === 0 ? "M" : "L"}${(i * step).toFixed(2)} ${(29 - (v / top) * 28).toFixed(2)}`).join("");
  return svg("svg", { class: "spark", viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img", "aria-label": what }, svg("path", { d }));
}

export function tile(name, value, more, line) {
  return make("dl", { class: "tile" }, make("div", {}, make("dt", {}, name), make("dd", {}, value, more ? make("small", {}, ` ${more}`) : null), line ? make("dd", { class: "line" }, line) : null));
}

// Puts new content where old was, and leaves what has the focus alone: whoever reads by keyboard keeps the place.
export function put(part, ...nodes) {
  const place = document.querySelector(`[data-part="${part}"]`);
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  const left = [...place.querySelectorAll(".wide")].map((w) => w.scrollLeft);
  const open = [...place.querySelectorAll("details")].map((d) => d.open);
  place.replaceChildren(...nodes);
  [...place.querySelectorAll(".wide")].forEach((w, i) => { w.scrollLeft = left[i] ?? 0; });
  [...place.querySelectorAll("details")].forEach((d, i) => { d.open = open[i] ?? false; });
  if (focused) [...place.querySelectorAll("[aria-label]")].find((n) => n.getAttribute("aria-label") === focused)?.focus({ preventScroll: true });
}
