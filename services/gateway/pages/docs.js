// /docs: search over what the page says, copy buttons, where one is in the contents, this gateway's own address in the commands.
const $ = (selector, at = document) => [...at.querySelectorAll(selector)];
const search = document.getElementById("search"), hits = document.getElementById("hits"), menu = document.getElementById("menu");
const navigation = document.getElementById("navigation"), nothing = document.getElementById("nothing");
const articles = $("main article").map((node) => ({ node, text: node.textContent.toLowerCase(), name: node.id.toLowerCase() }));
const links = new Map($("nav a").map((a) => [a.getAttribute("href").slice(1), a]));

const steps = document.querySelector("#first-steps code");
steps.textContent = steps.textContent.replace("http://127.0.0.1:8080", location.origin);

function find(words) {
  let found = 0;
  for (const a of articles) {
    const shown = words.every((w) => a.text.includes(w) || a.name.includes(w));
    a.node.hidden = !shown;
    const link = links.get(a.node.id);
    if (link) link.parentElement.hidden = !shown;
    found += shown;
  }
  for (const s of $("main > section")) s.hidden = !$("article", s).some((a) => !a.hidden);
  for (const h of $("nav h2")) h.hidden = ![...h.nextElementSibling.children].some((li) => !li.hidden);
  nothing.hidden = found > 0;
  hits.textContent = words.length ? `${found} of ${articles.length}` : "";
}
search.addEventListener("input", () => find(search.value.toLowerCase().split(/\s+/).filter(Boolean)));
search.addEventListener("keydown", (e) => {
  if (e.key === "Escape") { search.value = ""; find([]); }
  if (e.key === "Enter") { const first = articles.find((a) => !a.node.hidden); if (first) location.hash = first.node.id; }
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA)$/.test(e.target.tagName)) return;
  e.preventDefault();
  search.focus();
});
// A link leads to what the search hid, too.
addEventListener("hashchange", () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.closest("[hidden]")) { search.value = ""; find([]); target.scrollIntoView(); }
  menu.setAttribute("aria-expanded", "false");
  navigation.classList.remove("open");
});
menu.addEventListener("click", () => menu.setAttribute("aria-expanded", String(navigation.classList.toggle("open"))));

for (const box of $(".command")) {
  const button = document.createElement("button"), text = box.querySelector("code");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch { // no clipboard without https: then it is marked
      getSelection().selectAllChildren(text);
      button.textContent = "Marked";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  box.append(button);
}

let current;
const seen = new IntersectionObserver((entries) => {
  for (const e of entries) {
    const link = links.get(e.target.id);
    if (!e.isIntersecting || !link) continue;
    current?.removeAttribute("aria-current");
    current = link;
    link.setAttribute("aria-current", "true");
  }
}, { rootMargin: "-15% 0px -75% 0px" });
for (const a of articles) seen.observe(a.node);
