// The page's plain script, for everything that needs no island. At the end it hydrates the page's islands; a page without islands loads
// no WASM.

const root = document.documentElement;

// A refused form is shown at its function's address; this restores the page's own address.
const page = document.querySelector('meta[name="page"]');
if (page && location.pathname.startsWith("/api/")) history.replaceState(null, "", page.content);

// After a sign-out another person may use the tab; drafts stay on the computer, encrypted (clinical/islands/kept.rs).
if (location.pathname === "/sign-in") sessionStorage.clear();

// Without a connection a form is not sent, because the browser would lose the typed text: the page says so and stays.
addEventListener("submit", (event) => {
  const lost = document.querySelector("[data-line=lost]");
  if (event.defaultPrevented || !lost || (navigator.onLine && lost.hidden)) return;
  event.preventDefault();
  lost.hidden = false;
});

// When the user is inactive in all tabs, the page shows a warning two minutes before the session ends, and then signs
// out.
const warning = document.querySelector("[data-idle]");
if (warning) {
  const limit = warning.dataset.idle * 1000;
  const tabs = new BroadcastChannel("idle");
  let seen = Date.now();
  let said = seen;
  const leave = () => location.assign(`/sign-in?idle=1&next=${encodeURIComponent(location.pathname)}`);
  const stay = async () => {
    said = Date.now();
    const answer = await fetch(warning.action, { method: "POST" });
    if (answer.status === 401) leave();
  };
  const here = (event) => {
    if (event?.target.closest?.("[data-idle]")) return;
    const before = seen;
    seen = Date.now();
    if (!warning.hidden || seen - said > limit / 4) stay().catch(() => {});
    if (!warning.hidden || seen - before > 5000) tabs.postMessage(0);
    warning.hidden = true;
  };
  tabs.onmessage = () => {
    seen = Date.now();
    warning.hidden = true;
  };
  for (const kind of ["keydown", "pointerdown", "scroll"]) addEventListener(kind, here, { capture: true, passive: true });
  warning.addEventListener("submit", (event) => {
    event.preventDefault();
    here();
  });
  // A patient who follows the queue on the phone counts as active as long as a token is shown; the server still ends the session at
  // its limit.
  const followed = () => document.querySelector(".place");
  const watch = setInterval(() => {
    if (followed()) {
      seen = Date.now();
      if (seen - said > limit / 4) stay().catch(() => {});
    }
    const left = limit - (Date.now() - seen);
    warning.hidden = left > Math.min(120_000, limit / 2);
    if (left > 0) return;
    clearInterval(watch);
    fetch("/api/accounts/sign_out", { method: "POST" }).finally(leave);
  }, 1000);
}

// Shows the clinic's time by the server's clock, whatever time zone the computer has.
const clock = document.querySelector("[data-clock]");
if (clock) {
  const ahead = clock.dataset.now - Date.now();
  const words = new Intl.DateTimeFormat(root.lang, { timeZone: clock.dataset.clock, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const tick = () => {
    clock.textContent = words.format(Date.now() + ahead);
    clock.hidden = false;
  };
  tick();
  setInterval(tick, 5000);
}

// Lets the user show a password while typing it.
for (const place of document.querySelectorAll("[data-show-password]")) {
  const button = place.querySelector("button");
  const secrets = [...button.form.querySelectorAll("input[type=password]")];
  place.hidden = false;
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") === "true";
    for (const secret of secrets) secret.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
}

// Elements that stick below the patient banner start at its lower edge.
const banner = document.querySelector(".shell__head > .patient");
if (banner) new ResizeObserver(() => root.style.setProperty("--patient-height", `${banner.offsetHeight}px`)).observe(banner);

// Where the tabs do not fit, scrolls the current one into view.
for (const current of document.querySelectorAll(".tabs [aria-current]")) {
  const row = current.closest(".tabs");
  row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}

// Prints the page when a button is pressed, or as soon as the page is loaded.
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => print());
  if (button.dataset.print !== "now") continue;
  if (document.readyState === "complete") print();
  else addEventListener("load", () => print());
}

// Shows how long a time is still held, by the browser's clock: a tab that was suspended shows the right time when it
// resumes.
for (const place of document.querySelectorAll("[data-left]")) {
  const end = Date.now() + place.dataset.left * 1000;
  const tick = () => {
    const left = Math.max(0, Math.trunc((end - Date.now()) / 1000));
    const time = [Math.trunc(left / 60), left % 60].map((part) => String(part).padStart(2, "0")).join(":");
    place.textContent = left === 0 ? place.dataset.over : place.dataset.words.replace("{time}", time);
    if (left === 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
}

if (document.querySelector(".board")) import("./board.js");
if (document.querySelector("[data-passkey]")) import("./passkey.js");
if (document.querySelector(".place-sound")) import("./call.js");
if (document.querySelector("[data-near]")) import("./near.js");

// The islands. The page shows the result: <html data-hydrated> when all are hydrated, <html data-hydration-failed> when not (the plain
// forms and links of the page work all the same).

// The children that the server rendered inside an island are passed to it when they are reached (Leptos' islands mode).
const owners = [];

async function revive(node, program) {
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  const tag = node.tagName.toLowerCase();
  if (tag === "leptos-island") {
    const bring = program[node.dataset.component];
    if (!bring) throw new Error(`no island ${node.dataset.component}`);
    owners.at(-1)?.();
    await bring(node);
    node.dataset.alive = "";
  }
  if (tag === "leptos-children") owners.push(node.$$on_hydrate);
  for (const child of [...node.children]) await revive(child, program);
  if (tag === "leptos-children") owners.pop();
}

async function bringToLife() {
  const wasm = fetch(new URL("./pkg/infirmary_bg.wasm", import.meta.url));
  // It is awaited below; until then this prevents an unhandled rejection.
  wasm.catch(() => undefined);
  const [program, { parts }] = await Promise.all([import("./pkg/infirmary.js"), import("./pkg/links.js")]);
  // Requests the parts of all islands at once; they come from the browser's cache when the islands' turn comes.
  for (const island of document.querySelectorAll("leptos-island")) {
    for (const part of parts[island.dataset.component.split("_")[0]] ?? []) {
      fetch(new URL(`./pkg/${part}.wasm`, import.meta.url)).then((answer) => answer.arrayBuffer()).catch(() => undefined);
    }
  }
  await program.default({ module_or_path: wasm });
  program.hydrate();
  window.__hydrateIsland = (node, id) => program[id](node);
  await revive(document.body, program);
}

try {
  if (document.querySelector("leptos-island")) await bringToLife();
  root.dataset.hydrated = "true";
  dispatchEvent(new Event("hydrated"));
} catch (error) {
  root.dataset.hydrationFailed = "true";
  console.error(error);
}
