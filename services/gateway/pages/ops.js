// /ops: asks for the token, then for the data once a second while somebody looks. The token lives in this closure only.
import { draw, settings, worst } from "./board.js";
import { History } from "./history.js";
import { mark, span } from "./draw.js";

const at = (id) => document.getElementById(id);
const form = at("ask"), field = at("token"), refused = at("refused"), board = at("board"), pause = at("pause"), leave = at("leave");
const EVERY = 1000, GIVE_UP = 5000;
let token = "", history = new History(), started = "", timer = 0, asking = false, paused = false, answered = 0;

function ask_again(why = "") {
  clearTimeout(timer);
  token = "";
  history = new History();
  started = "";
  field.value = "";
  refused.textContent = why;
  form.hidden = false;
  board.hidden = pause.hidden = leave.hidden = true;
  at("status").replaceChildren();
  at("fresh").textContent = "";
  field.focus();
}

function show(document_) {
  const first = board.hidden;
  history.add(document_, performance.now() / 1000);
  answered = performance.now();
  form.hidden = true;
  board.hidden = pause.hidden = leave.hidden = false;
  const status = worst(history);
  if (at("status").textContent !== status) at("status").replaceChildren(mark(status)); // said once, not each second
  document.title = `${status} · MITA operations`;
  draw(history);
  const starts = history.starts();
  if (starts !== started) settings(history); // they change with the processes only, and what was opened stays open
  started = starts;
  if (first) at("content").focus({ preventScroll: true });
}

async function look() {
  if (asking || !token) return;
  asking = true;
  const mine = token;
  try {
    const answer = await fetch("/ops/data", { headers: { Authorization: `Bearer ${mine}` }, cache: "no-store", signal: AbortSignal.timeout(GIVE_UP) });
    if (mine !== token) return;
    if (answer.status === 401) return ask_again("Refused: this is not the token, or the gateway has none (MITA_OPS_TOKEN).");
    if (!answer.ok) throw new Error(`${answer.status}`);
    show(await answer.json());
    at("fresh").textContent = `as of ${new Date().toLocaleTimeString()}`;
  } catch (fault) {
    if (mine === token) at("fresh").textContent = answered ? `no answer for ${span((performance.now() - answered) / 1000)}` : `no answer: ${fault.message}`;
    if (board.hidden && mine === token) refused.textContent = `No answer: ${fault.message}`;
  } finally {
    asking = false;
    next();
  }
}

function next() {
  clearTimeout(timer);
  if (token && !paused && !document.hidden) timer = setTimeout(look, EVERY);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  refused.textContent = "";
  token = field.value.trim();
  look();
});
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Go on" : "Pause";
  if (paused) clearTimeout(timer); else look();
});
leave.addEventListener("click", () => ask_again());
document.addEventListener("visibilitychange", () => { if (document.hidden) clearTimeout(timer); else if (!paused) look(); });
ask_again();
