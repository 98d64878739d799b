// Sorts the clinics of the public page by their distance, after a press. The position stays in the browser: nothing is sent.

const bar = document.querySelector("[data-near]");
const said = bar.querySelector("[role=status]");

/** The mean radius of the earth in kilometres (IUGG). */
const RADIUS = 6371.0088;
const radians = (degrees) => (degrees * Math.PI) / 180;

/** Returns the kilometres between two places by the haversine formula. */
function distance([latitude, longitude], [toLatitude, toLongitude]) {
  const half = (from, to) => Math.sin(radians(to - from) / 2) ** 2;
  const across = Math.cos(radians(latitude)) * Math.cos(radians(toLatitude)) * half(longitude, toLongitude);
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(half(latitude, toLatitude) + across)));
}

/** Puts the nearest clinic first; those without a position stay behind, in their order. */
function sort({ coords }) {
  const clinics = [...document.querySelectorAll("[data-position]")];
  const list = clinics[0].parentNode;
  const words = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "kilometer", maximumFractionDigits: 1 });
  const known = clinics.map((clinic) => {
    const place = clinic.dataset.position.split(",").map(Number);
    const away = place.length === 2 ? distance([coords.latitude, coords.longitude], place) : Infinity;
    if (away < Infinity) clinic.querySelector("[data-distance]").textContent = words.format(away);
    return { clinic, away };
  });
  known.sort((one, other) => (one.away === other.away ? 0 : one.away - other.away));
  list.append(...known.map(({ clinic }) => clinic));
  said.textContent = bar.dataset.done;
}

bar.hidden = !navigator.geolocation;
bar.querySelector("button").addEventListener("click", () => {
  said.textContent = "";
  const refused = () => (said.textContent = bar.dataset.refused);
  navigator.geolocation.getCurrentPosition(sort, refused, { maximumAge: 60_000, timeout: 15_000 });
});
