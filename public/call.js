// A patient who follows the queue on the phone is called: the phone rings and vibrates, once the patient has allowed it with a press. The
// places are a live part (live.js); `data-call` of a place changes with each call. While it waits to ring, the screen stays on, because
// browsers stop the scripts of a dark phone.

const place = document.querySelector(".place-sound");
const button = place.querySelector("button");
const callsOf = () => [...document.querySelectorAll(".place[data-call]")].map((one) => one.dataset.call);
let calls = new Set(callsOf());
let audio = null;
let lock = null;

/** Plays three rising notes that the browser generates itself, and vibrates where the device can. */
function ring() {
  audio?.resume();
  for (const [pitch, after] of audio ? [[523.3, 0], [659.3, 0.25], [784, 0.5]] : []) {
    const [note, volume] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + after;
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.5, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.6);
    note.connect(volume).connect(audio.destination);
    note.start(at);
    note.stop(at + 0.7);
  }
  navigator.vibrate?.([400, 150, 400, 150, 800]);
}

async function keepAwake() {
  if (!audio || document.hidden || !document.querySelector(".place")) return;
  lock = await navigator.wakeLock?.request("screen").catch(() => null);
}

/** The button is there while somebody waits; the screen may go dark when nobody does. */
function show() {
  const waits = document.querySelector(".place") !== null;
  place.hidden = !waits;
  if (!waits) lock?.release().catch(() => {});
}

addEventListener("morphed", () => {
  const now = callsOf();
  if (now.some((call) => !calls.has(call))) ring();
  calls = new Set(now);
  show();
});

button.addEventListener("click", () => {
  audio ??= new AudioContext();
  ring();
  place.textContent = place.dataset.words;
  keepAwake();
});
document.addEventListener("visibilitychange", keepAwake);
show();
