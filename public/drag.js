// Drags the tile of a patient on a ward's board onto a free bed, or an appointment of the schedule onto a free time: the page of the move
// opens with that bed or time. Nobody moves before it is confirmed there, and what is dropped elsewhere goes back. The board may be drawn
// again meanwhile, so the address is kept and not the tile.

const tileOf = (event) => event.target.closest?.("[data-tile]");

let move = "";

addEventListener("dragstart", (event) => {
  move = tileOf(event)?.dataset.move ?? "";
  if (move) event.dataTransfer.effectAllowed = "move";
});
addEventListener("dragover", (event) => {
  if (move && tileOf(event)?.matches("[data-free]")) event.preventDefault();
});
addEventListener("drop", (event) => {
  const tile = tileOf(event);
  if (!move || !tile?.matches("[data-free]")) return;
  event.preventDefault();
  const { key, slot } = tile.dataset;
  location.assign(slot ? `${slot}&${move}` : `${move}?to=${encodeURIComponent(key)}`);
});
addEventListener("dragend", () => (move = ""));
