// The public board: a new call is highlighted for a while, and plays a sound once a person has allowed sound on this screen. The controls
// for setting it up are visible for a while after a pointer or key was used. The board itself is a live part (live.js).

const NEW_FOR = 12_000;
const SET_UP_FOR = 10_000;

const board = document.querySelector(".board");
const sound = board.querySelector(".board__sound");
const callsOf = () => [...board.querySelectorAll("[data-call]")].map((place) => place.dataset.call);
let calls = new Set(callsOf());
let audio = null;
let isNew = 0;
let isAlone = 0;

/** Plays two soft notes that the browser generates itself. */
function ring() {
  audio.resume();
  for (const [pitch, after] of [[784, 0], [587.3, 0.35]]) {
    const [note, volume] = [audio.createOscillator(), audio.createGain()];
    const at = audio.currentTime + after;
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.4, at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.9);
    note.connect(volume).connect(audio.destination);
    note.start(at);
    note.stop(at + 1);
  }
}

board.addEventListener("morphed", () => {
  const latest = board.querySelector(".board__called[data-call]")?.dataset.call;
  // Only a new call plays a sound, not a patient who went in or a call that was withdrawn.
  if (latest && !calls.has(latest)) {
    board.dataset.new = "";
    clearTimeout(isNew);
    isNew = setTimeout(() => delete board.dataset.new, NEW_FOR);
    if (audio) ring();
  }
  calls = new Set(callsOf());
});

sound.hidden = false;
sound.querySelector("button").addEventListener("click", () => {
  sound.hidden = true;
  audio = new AudioContext();
  ring();
});

function moved() {
  delete board.dataset.leftAlone;
  clearTimeout(isAlone);
  isAlone = setTimeout(() => (board.dataset.leftAlone = ""), SET_UP_FOR);
}
for (const kind of ["pointermove", "pointerdown", "keydown"]) addEventListener(kind, moved);
moved();
