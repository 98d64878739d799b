// The keyboard shortcuts of a page, all in this file. It runs without the WASM, so that typing on a page that is still loading does
// no harm.
//
// A key presses or focuses the element that has it in aria-keyshortcuts. These rules prevent actions by mistake while a user types:
// 1. A letter typed in a field is text. Letters in an amount (inputmode=decimal) inside [data-keys] are shortcuts.
// 2. A letter that another one follows or precedes within GAP milliseconds is text. It goes to the page's own search, if there is
//    one.
// 3. A button that changes something needs the focus inside its [data-keys] (the list, the form), or Alt with its letter.
// 4. No shortcut works before the page is ready (html[data-hydrated]); text typed until then goes to the page's own search.
// 5. Enter and Space press nothing right after letters. Enter as a shortcut works only shortly after the page opened.
// 6. m opens the page that moves the patient or the appointment that has the focus; nothing is moved before it is confirmed there.
// 7. The second click of a double click sends no form, and presses nothing but what the first one pressed.

const GAP = 350;
const CHOICE = 60_000;
const FIELDS = "input:not([type=checkbox], [type=radio], [type=hidden]), textarea, select, [contenteditable]";
const PRESSED = "button, a[href], summary, label, input[type=checkbox], input[type=radio]";

const root = document.documentElement;
const isReady = () => "hydrated" in root.dataset || "hydrationFailed" in root.dataset;
const isShown = (element) => element.getClientRects().length > 0 && !element.disabled;
const letterOf = (event) => (/^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : (event.code.match(/^Key([A-Z])$/)?.[1] ?? "").toLowerCase());

let typed = "";
let typedAt = -Infinity;
let waiting = 0;

/** Returns the element of this key: first the form's own, then the page's, then the frame's. */
function find(name, form) {
  for (const place of [form, document.querySelector("main"), document]) {
    const all = place?.querySelectorAll("[aria-keyshortcuts]") ?? [];
    const found = [...all].find((element) => element.getAttribute("aria-keyshortcuts").split(" ").includes(name) && isShown(element));
    if (found) return found;
  }
  return null;
}

/** Returns the page's own search field, not the one in the frame around it. */
const ownSearch = () => [...document.querySelectorAll('main input[aria-keyshortcuts="/"]')].find(isShown);

function forget() {
  clearTimeout(waiting);
  waiting = 0;
  typed = "";
  typedAt = -Infinity;
}

/** Acts when no other letter follows. */
function later(act) {
  waiting = setTimeout(() => {
    forget();
    act();
  }, GAP);
}

/** Presses the target when no other letter follows, unless it has disappeared by then. */
function actLater(target) {
  later(() => {
    if (target.isConnected && isShown(target)) target.click();
  });
}

/** Returns the address of the page that moves the tile with the focus: of a patient on a board, or of an appointment in the schedule. */
function moveOf(element) {
  const tile = element.closest?.("[data-tile]");
  return tile?.dataset.choose ?? (tile?.closest("[data-tiles]") ? tile.dataset.move : undefined);
}

/** Puts several letters as text into the page's own search; the browser itself types the last one. */
function asText() {
  const search = ownSearch();
  const text = typed;
  forget();
  if (!search) {
    typedAt = performance.now();
    return;
  }
  search.focus();
  if (text.length < 2) return;
  search.value += text.slice(0, -1);
  search.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Whether a single letter may press the target: it is a link or opens something, or the focus is in its list or form. */
function isChosen(target) {
  if (target.matches("a[href], summary, [popovertarget]")) return true;
  return target.closest("[data-keys]")?.contains(document.activeElement) ?? false;
}

function letter(event) {
  const follows = performance.now() - typedAt < GAP;
  const goes = typed === "g" && performance.now() - typedAt < 4 * GAP;
  clearTimeout(waiting);
  waiting = 0;
  typed = follows || goes ? typed + event.key : event.key;
  typedAt = performance.now();
  if (!isReady()) {
    // The key that opens the search is not searched for.
    if (event.key === "/") event.preventDefault();
    return asText();
  }
  if (goes) {
    const place = document.querySelector(`.shell__rail a[data-go="${event.key}"]`);
    if (place) return actLater(place);
  }
  if (follows) return asText();
  const move = event.key === "m" && moveOf(event.target);
  if (move) {
    event.preventDefault();
    return later(() => location.assign(move));
  }
  const target = find(event.key, null);
  if (!target) return undefined;
  event.preventDefault();
  if (target.matches(FIELDS)) {
    forget();
    target.focus();
  } else if (isChosen(target)) {
    if (/^[a-z]$/i.test(event.key)) actLater(target);
    else target.click();
  }
  return undefined;
}

/** Handles Alt with a letter, which also works inside a field. On a Mac, Alt types a letter there (ñ), so it has no effect. */
function deliberate(event, field) {
  if (event.getModifierState("AltGraph") || (field && navigator.platform.startsWith("Mac"))) return;
  const target = letterOf(event) && find(letterOf(event), null);
  if (!target) return;
  event.preventDefault();
  forget();
  if (!isReady()) return;
  if (target.matches(FIELDS)) target.focus();
  else target.click();
}

function save(event) {
  event.preventDefault();
  if (!isReady()) return;
  const form = event.target.closest?.("form");
  const target = find("Ctrl+Enter", form);
  if (target) target.click();
  else form?.requestSubmit();
}

function enter(event) {
  const justTyped = waiting || performance.now() - typedAt < 3 * GAP;
  if (justTyped) return event.preventDefault();
  if (event.target !== document.body || !isReady() || performance.now() > CHOICE) return undefined;
  const target = find("Enter", null);
  if (!target) return undefined;
  event.preventDefault();
  target.click();
  return undefined;
}

/** Returns the field after this one in its form, or the tick or button at the end. */
function following(field) {
  const isNext = (element) => isShown(element) && !element.closest("details:not([open])");
  const all = [...field.form.querySelectorAll(`${FIELDS}, input[type=checkbox], button`)].filter(isNext);
  return all[all.indexOf(field) + 1];
}

function pressed(event) {
  if (event.defaultPrevented || event.repeat || event.isComposing || event.metaKey) return;
  const field = event.target.closest?.(FIELDS);
  if (event.ctrlKey) {
    if (event.key === "Enter" && !event.altKey) save(event);
    return;
  }
  if (event.altKey) return deliberate(event, field);
  if (event.key === "Escape") {
    forget();
    field?.blur();
    return;
  }
  const amount = field?.matches("[data-keys] [inputmode=decimal]") && /^[a-z]$/i.test(event.key);
  // On a count sheet Enter goes to the next field; only the last one sends the form.
  const next = event.key === "Enter" && field?.closest("[data-enter-next]") && following(field);
  if (next) {
    event.preventDefault();
    next.focus();
    next.select?.();
    return;
  }
  if (field && !amount) {
    // The key that moves the focus to this field was pressed again inside it.
    if (field.value === "" && field.getAttribute("aria-keyshortcuts") === event.key) event.preventDefault();
    return;
  }
  if (event.key === "Enter") return enter(event);
  if (event.key === " " && performance.now() - typedAt < 3 * GAP) return event.preventDefault();
  if (event.key.length === 1) return letter(event);
  if (event.key !== "Shift") forget();
}

/** Moves the focus up and down between the rows of a list with data-arrows. */
function arrows(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const link = step && event.target.closest?.("[data-arrows] > *")?.[step]?.querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}

/** Returns the tile that is nearest in the direction: 1 below, -1 above. */
function nearest(tiles, from, direction) {
  const place = from.getBoundingClientRect();
  const away = (tile) => {
    const other = tile.getBoundingClientRect();
    const down = direction * (other.top - place.top);
    return down > 4 ? 4 * down + Math.abs(other.left - place.left) : Infinity;
  };
  const best = tiles.reduce((best, tile) => (away(tile) < away(best) ? tile : best), from);
  return away(best) < Infinity ? best : null;
}

/** Moves the focus between the tiles of a board (data-tiles). */
function tiles(event) {
  const board = document.querySelector("[data-tiles]");
  if (!board || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.target.closest?.(FIELDS)) return;
  const all = [...board.querySelectorAll("[data-tile]")].filter(isShown);
  const from = event.target.closest?.("[data-tile]");
  const [side, line] = [{ ArrowRight: 1, ArrowLeft: -1 }[event.key], { ArrowDown: 1, ArrowUp: -1 }[event.key]];
  if (!side && !line) return;
  // Without a focus on the board only the key to the right goes there: the others scroll.
  if (!from && side !== 1) return;
  const to = !from ? all[0] : side ? all[all.indexOf(from) + side] : nearest(all, from, line);
  const link = to?.querySelector("[data-open]") ?? to?.querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}

addEventListener("keydown", tiles);
if (document.querySelector("[data-tiles], [data-drag]")) import("./drag.js");
addEventListener("keydown", arrows);
addEventListener("keydown", pressed);
// The islands receive a key first: a key that they handle presses nothing here.
addEventListener("hydrated", () => {
  removeEventListener("keydown", pressed);
  addEventListener("keydown", pressed);
});

// Firefox presses a button when Space is released.
addEventListener("keyup", (event) => {
  if (event.key === " " && performance.now() - typedAt < 3 * GAP && event.target.matches?.(PRESSED)) event.preventDefault();
});

addEventListener("pointerdown", forget, { capture: true, passive: true });

let pressedFirst = null;
addEventListener(
  "click",
  (event) => {
    const pressed = event.target.closest?.(PRESSED);
    if (event.detail <= 1) {
      pressedFirst = pressed;
      return;
    }
    const sends = pressed?.matches("button:not([type=button])");
    if (!pressed || (pressed === pressedFirst && !sends)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);
