// Live updates: one connection to /events for the whole page. A message only says that something changed. Islands receive it as the
// window's event "hint" and load their data again (src/ui/live.rs). A part of the page with data-live is rendered by the server again and
// morphed into the page (`ui::live::Live`): an open menu, the focus and typed text stay. Everything is loaded again after each reconnect,
// and on the first connection when something happened since the page was rendered. The server sends a message at least every five seconds;
// when none arrives, the page says so.

const AGAIN_AFTER = 3000; // between two attempts to connect
const SILENCE = 12_000; // without a word from the server
const HICCUP = 2000; // that a reconnect may take before it is worth a word
const AWAY = 10_000; // after which everything is asked again when somebody comes back to the page
const GATHER = 25; // in which hints are gathered: one act tells of several topics

const root = document.documentElement;
const made = document.querySelector("meta[name=heard]")?.content;
let source = null;
let greeted = false;
let heardAt = 0;
let lostAt = null;
let hiddenAt = null;
let signedOut = false;
let told = new Set();

/** Notifies islands and parts of a topic, "" for all topics. */
function tell(topic) {
  if (told.size === 0) setTimeout(announce, GATHER);
  told.add(topic);
}

function announce() {
  const data = told.has("") ? "" : [...told].join(" ");
  told = new Set();
  // An island that is hydrated later loads its data at once.
  root.dataset.hinted = "";
  dispatchEvent(new MessageEvent("hint", { data }));
}

function heard() {
  heardAt = Date.now();
  lostAt = null;
  say();
}

function connect() {
  source?.close();
  heardAt = Date.now();
  const stream = new EventSource("/events");
  source = stream;
  stream.addEventListener("who", ({ data }) => (signedOut = data === "nobody"));
  stream.addEventListener("beat", heard);
  stream.addEventListener("hello", ({ data }) => {
    heard();
    if (greeted || data !== made) tell("");
    greeted = true;
  });
  stream.addEventListener("hint", ({ data }) => {
    heard();
    tell(JSON.parse(data).topic);
  });
  // The browser restores a dropped connection; after a refused one (the server was just starting) this code tries
  // again.
  stream.addEventListener("error", () => {
    lostAt ??= Date.now();
    if (stream.readyState === EventSource.CLOSED && stream === source) setTimeout(connect, AGAIN_AFTER);
  });
}

/** Shows the state of the connection. Without a network it counts as lost, even if an old stream still delivers messages. */
function say() {
  const lost = !navigator.onLine || (lostAt !== null && Date.now() - lostAt >= HICCUP);
  for (const [name, shown] of [["lost", lost], ["signed-out", signedOut && lostAt === null]]) {
    const words = document.querySelector(`[data-line=${name}]`);
    if (words && words.hidden === shown) words.hidden = !shown;
  }
}

function watch() {
  const now = Date.now();
  if (now - heardAt >= SILENCE) {
    lostAt ??= now - SILENCE;
    connect();
  }
  say();
}

function back() {
  const now = Date.now();
  if (document.hidden) {
    hiddenAt = now;
    return;
  }
  const away = hiddenAt !== null && now - hiddenAt >= AWAY;
  hiddenAt = null;
  // The first message of a new connection makes everything load again.
  if (signedOut || lostAt !== null || now - heardAt > SILENCE / 2) connect();
  else if (away) tell("");
}

function start() {
  if (source) return;
  connect();
  setInterval(watch, 1000);
  setInterval(() => !document.hidden && document.querySelectorAll("[data-live][data-minute]").forEach(lookAgain), MINUTE);
  for (const kind of ["visibilitychange", "online", "pageshow"]) addEventListener(kind, back);
  addEventListener("offline", () => {
    lostAt ??= Date.now() - HICCUP;
    say();
  });
}

// Morphing: the fresh nodes replace the old ones, and each old node with an equal fresh one stays. data-key or id identifies
// rows.

/** Attributes that only the browser sets, which the server does not know. */
const OWN = new Set(["open"]);

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE && (node.dataset.key || node.id)) || "";
const isAlike = (one, other) => one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

function morphChildren(old, fresh) {
  const keys = new Set([...fresh.children].map(keyOf));
  const rows = new Map();
  // Rows that disappeared are removed first, so that no other row has to move.
  for (const child of [...old.children]) {
    const key = keyOf(child);
    if (key && keys.has(key)) rows.set(key, child);
    else if (key) child.remove();
  }
  let here = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = keyOf(next);
    let match = key ? rows.get(key) : here;
    rows.delete(key);
    while (!key && match && !isAlike(match, next)) match = match.nextSibling;
    if (!match || !isAlike(match, next)) {
      old.insertBefore(next, here);
      continue;
    }
    if (match === here) here = here.nextSibling;
    else if (old.moveBefore) old.moveBefore(match, here);
    else old.insertBefore(match, here);
    morph(match, next);
  }
  while (here) {
    const gone = here;
    here = here.nextSibling;
    gone.remove();
  }
}

function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  // An island renders itself.
  if (old.localName === "leptos-island") return;
  const kept = typedIn(old);
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !OWN.has(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  morphChildren(old, fresh);
  if (kept) Object.assign(old, kept);
}

/** Returns the present value of a field: typed text and a choice stay, and an unchanged field gets the server's value. */
function typedIn(field) {
  if (field.matches("input[type=checkbox], input[type=radio]")) return field.checked === field.defaultChecked ? null : { checked: field.checked };
  if (field.matches("select")) return { value: field.value };
  if (field.matches("textarea, input:not([type=file], [type=hidden])")) return field.value === field.defaultValue ? null : { value: field.value };
  return null;
}

// Parts of the page.

const AFTER_TOUCH = 3000; // after the last movement of the pointer over a row, or the last key in it, until rows may move
const WITH_MENU = 20_000; // the same while a row's menu is open
const AFTER_MOVE = 700; // in which a press where the pointer was is not meant for the row that is there now
const RETRY = 200;
const MINUTE = 60_000; // between two requests for a part that shows how long somebody waits
const STEADY = 8; // pixels that a hand moves a mouse between the clicks of a double click, at most

const states = new WeakMap();

function stateOf(part) {
  if (!states.has(part)) states.set(part, { asked: 0, shown: 0, waiting: null, touchedAt: -WITH_MENU, movedAt: -AFTER_MOVE, movedUnder: [0, 0] });
  return states.get(part);
}

const rowsOf = (place) => [...place.querySelectorAll("[data-key]")].map((row) => row.dataset.key).join();

/** Requests a part from the server again. An answer to an older request than the one shown is ignored. */
async function lookAgain(part) {
  const state = stateOf(part);
  const number = ++state.asked;
  try {
    const answer = await fetch(part.dataset.from, { headers: { accept: "*/*" }, redirect: "error" });
    if (!answer.ok) return;
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    if (number < state.shown) return;
    state.shown = number;
    state.waiting = template.content;
    showWaiting(part);
  } catch {
    // There is no connection: the page says so, and the next message requests the part again.
  }
}

/** Shows the waiting update, unless it would move a row under the pointer or away from an open menu. */
function showWaiting(part) {
  const state = stateOf(part);
  if (!state.waiting) return;
  const before = rowsOf(part);
  const moves = before !== "" && before !== rowsOf(state.waiting);
  const since = performance.now() - state.touchedAt;
  const limit = part.querySelector("[data-key] details[open]") ? WITH_MENU : AFTER_TOUCH;
  if (moves && since < limit) {
    clearTimeout(state.timer);
    state.timer = setTimeout(showWaiting, RETRY, part);
    return;
  }
  if (moves) {
    state.movedAt = performance.now();
    state.movedUnder = pointer;
  }
  const fresh = state.waiting;
  state.waiting = null;
  show(part, fresh);
}

function show(part, fresh) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const { selectionStart, selectionEnd } = focused ?? {};
  morphChildren(part, fresh);
  if (focused?.isConnected && document.activeElement !== focused) {
    focused.focus({ preventScroll: true });
    if (typeof selectionStart === "number") focused.setSelectionRange(selectionStart, selectionEnd);
  }
  part.dispatchEvent(new Event("morphed", { bubbles: true }));
}

// Puts HTML that an island received into the page (`ui::live::show_again`).
window.__showAgain = (place, html) => {
  const part = document.querySelector(place);
  const template = document.createElement("template");
  template.innerHTML = html;
  if (part) show(part, template.content);
};

let pointer = [0, 0];
let under = null;

function touched(event) {
  const row = event.target.closest?.("[data-live] [data-key]");
  const part = row?.closest("[data-live]") ?? null;
  if (event.type === "pointermove") {
    // A browser reports a resting pointer again when the element under it changed.
    if (event.clientX === pointer[0] && event.clientY === pointer[1]) return;
    pointer = [event.clientX, event.clientY];
    if (under && under !== part) {
      stateOf(under).touchedAt = -WITH_MENU;
      showWaiting(under);
    }
    under = part;
  }
  if (part) stateOf(part).touchedAt = performance.now();
}

for (const kind of ["pointermove", "pointerdown", "keydown"]) addEventListener(kind, touched, { capture: true, passive: true });

addEventListener("click", pressed, true);
function pressed(event) {
  const part = event.target.closest?.("[data-live]");
  if (!part) return;
  const { movedAt, movedUnder } = stateOf(part);
  const steady = Math.abs(event.clientX - movedUnder[0]) < STEADY && Math.abs(event.clientY - movedUnder[1]) < STEADY;
  // A click by the keyboard has a detail of 0.
  if (event.detail > 0 && steady && performance.now() - movedAt < AFTER_MOVE) {
    event.preventDefault();
    event.stopPropagation();
  }
}

addEventListener("hint", ({ data }) => {
  const topics = data.split(" ");
  for (const part of document.querySelectorAll("[data-live]")) {
    if (data === "" || part.dataset.live.split(" ").some((topic) => topics.includes(topic))) lookAgain(part);
  }
});

// A menu with data-asks loads its content when it is opened.
addEventListener("toggle", ({ target }) => target.matches?.("[data-asks][open]") && lookAgain(target.closest("[data-live]")), true);

// A form with data-quiet is sent without leaving the page; if that fails, the browser sends it.
addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("[data-live] [data-quiet]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } }).catch(() => null);
  if (answer?.ok) lookAgain(form.closest("[data-live]"));
  else form.submit();
});

// A page with an island that follows a topic may have no live part.
addEventListener("follow", start);
if (document.querySelector("[data-live]")) start();
