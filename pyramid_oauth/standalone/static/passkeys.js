// Passkeys (WebAuthn Level 3): a button with `data-options` asks the browser for one,
// and its form sends the answer. Without JavaScript the button stays hidden.

const button = document.getElementById("passkey-button");
const options = JSON.parse(button.dataset.options);
const isCreation = button.dataset.passkey === "create";
let waiting = null;

function toBytes(text) {
  const base64 = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function toText(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function withBytes(credential) {
  return { ...credential, id: toBytes(credential.id) };
}

// The options as the browser takes them: bytes instead of base64url.
function decode() {
  const decoded = { ...options, challenge: toBytes(options.challenge) };
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    if (options[name]) decoded[name] = options[name].map(withBytes);
  }
  if (options.user) decoded.user = withBytes(options.user);
  return decoded;
}

// The answer as JSON. Not every browser, or password manager, knows `toJSON`.
function encode(credential) {
  const response = {};
  const members = ["clientDataJSON", "attestationObject", "authenticatorData"];
  for (const name of [...members, "signature", "userHandle"]) {
    const value = credential.response[name];
    if (value) response[name] = toText(value);
  }
  if (credential.response.getTransports) {
    response.transports = credential.response.getTransports();
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: toText(credential.rawId), type, response });
}

const form = document.getElementById(button.dataset.form);

function send(credential) {
  form.elements.credential.value = encode(credential);
  // Not `requestSubmit`: the code beside the passkey may stay empty.
  form.submit();
}

function showProblem(isShown) {
  document.getElementById(button.dataset.problem).hidden = !isShown;
}

async function ask(mediation) {
  waiting?.abort();
  waiting = new AbortController();
  const request = { publicKey: decode(), signal: waiting.signal };
  if (mediation) request.mediation = mediation;
  const container = navigator.credentials;
  send(await (isCreation ? container.create(request) : container.get(request)));
}

async function offerInField() {
  const isKnown = PublicKeyCredential.isConditionalMediationAvailable;
  if (isKnown && (await isKnown.call(PublicKeyCredential))) await ask("conditional");
}

if (window.PublicKeyCredential && window.isSecureContext) {
  button.hidden = false;
  button.addEventListener("click", () => {
    showProblem(false);
    ask().catch(() => showProblem(true));
  });
  if (isCreation) {
    // Enter in the field of the name is a click on the button.
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      button.click();
    });
  }
  if ("conditional" in button.dataset) offerInField().catch(() => {});
}
