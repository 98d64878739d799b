// Passkeys. The page has the options of the challenge; the browser's answer goes into the form's field `key`, and the form is sent. The
// page for signing in asks at once; a browser that wants a press first gets it by the button.

const place = document.querySelector("[data-passkey]");
const form = place.querySelector("form");
const status = place.querySelector("[role=status]");
const making = place.dataset.passkey === "create";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const say = (words) => {
  status.textContent = words;
  status.hidden = false;
};

async function answer() {
  const publicKey = JSON.parse(place.dataset.options);
  publicKey.challenge = bytes(publicKey.challenge);
  if (making) {
    publicKey.user.id = bytes(publicKey.user.id);
    for (const known of publicKey.excludeCredentials ?? []) known.id = bytes(known.id);
  }
  const made = await (making ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  const response = { clientDataJSON: text(made.response.clientDataJSON) };
  if (making) {
    response.attestationObject = text(made.response.attestationObject);
  } else {
    response.authenticatorData = text(made.response.authenticatorData);
    response.signature = text(made.response.signature);
    response.userHandle = made.response.userHandle && text(made.response.userHandle);
  }
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
}

let asking = false;
async function ask() {
  if (asking) return;
  asking = true;
  status.hidden = true;
  try {
    form.elements.namedItem("key").value = await answer();
    form.submit();
  } catch {
    say(status.dataset.stopped);
  }
  asking = false;
}

if (!("PublicKeyCredential" in window)) {
  say(status.dataset.cannot);
} else if (place.dataset.options) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.reportValidity()) ask();
  });
  if (!making) ask();
}
