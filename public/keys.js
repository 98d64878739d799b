// The keys of a page, in one place. It runs without the wasm, so that typing on a page that is still loading does no harm.
//
// An element is pressed or focused by the key in its aria-keyshortcuts. These rules keep typing from acting:
// 1. A letter typed in a field is text. Letters in an amount (inputmode=decimal) inside [data-keys] are keys.
// 2. A letter followed or preceded by another one within GAP milliseconds is text. It goes to the page's own search, if it has one.
// 3. A button that changes something needs the focus inside its [data-keys] (the list, the form), or Alt with its letter.
// 4. Nothing acts before the page is ready (html[data-hydrated]); what is typed until then goes to the page's own search.
// 5. Enter and Space press nothing right after letters. Enter as a key of the page works only shortly after the page opened.
// 6. The second click of a double click sends no form, and presses nothing but what the first one pressed.

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

/** The element that this key belongs to: the form's own, then the page's, then the frame's. */
function find(name, form) {
  for (const place of [form, document.querySelector("main"), document]) {
    const all = place?.querySelectorAll("[aria-keyshortcuts]") ?? [];
    const found = [...all].find((element) => element.getAttribute("aria-keyshortcuts").split(" ").includes(name) && isShown(element));
    if (found) return found;
  }
  return null;
}

/** The page's own search, not the one in the frame around it. */
const ownSearch = () => [...document.querySelectorAll('main input[aria-keyshortcuts="/"]')].find(isShown);

function forget() {
  clearTimeout(waiting);
  waiting = 0;
  typed = "";
  typedAt = -Infinity;
}

/** Acts when no other letter follows, unless the target has gone by then. */
function actLater(target) {
  waiting = setTimeout(() => {
    forget();
    if (target.isConnected && isShown(target)) target.click();
  }, GAP);
}

/** Several letters are text: they go to the page's own search, the last one by the browser itself. */
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

/** Whether the target may be pressed by a bare letter: it leads somewhere or opens, or the focus is where it stands. */
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
    // The key that leads to the search is not searched for.
    if (event.key === "/") event.preventDefault();
    return asText();
  }
  if (goes) {
    const place = document.querySelector(`.shell__rail a[data-go="${event.key}"]`);
    if (place) return actLater(place);
  }
  if (follows) return asText();
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

/** Alt with a letter is meant: it acts from within a field too. On a Mac it types a letter there (ñ), and does not. */
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
  if (field && !amount) {
    // The key that leads to this very field, pressed once more in it.
    if (field.value === "" && field.getAttribute("aria-keyshortcuts") === event.key) event.preventDefault();
    return;
  }
  if (event.key === "Enter") return enter(event);
  if (event.key === " " && performance.now() - typedAt < 3 * GAP) return event.preventDefault();
  if (event.key.length === 1) return letter(event);
  if (event.key !== "Shift") forget();
}

/** Up and down go from row to row in a list with data-arrows. */
function arrows(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const link = step && event.target.closest?.("[data-arrows] > *")?.[step]?.querySelector("a");
  if (!link) return;
  event.preventDefault();
  link.focus();
}

addEventListener("keydown", arrows);
addEventListener("keydown", pressed);
// The islands hear a key first: what they answer is not pressed here as well.
addEventListener("hydrated", () => {
  removeEventListener("keydown", pressed);
  addEventListener("keydown", pressed);
});

// Firefox presses a button when Space is let go.
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
