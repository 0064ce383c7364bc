// A public OAuth client in the browser: authorization code with PKCE.
//
// RFC 6749 section 4.1, RFC 7636, RFC 9207, RFC 7009, OpenID Connect Core. It keeps its
// tokens in this page's memory and what must outlive the redirect in sessionStorage; it
// shows every message.

const page = document.getElementById("playground").dataset;
const element = (id) => document.getElementById(id);
const needToken = ["me", "userinfo", "notes", "refresh", "revoke", "add"];
const words = JSON.parse(page.words);
const PENDING = "playground.pending";
const LOG = "playground.log";

let metadata = null;
let tokens = null;

function base64url(bytes) {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier) {
  const bytes = new TextEncoder().encode(verifier);
  return base64url(await crypto.subtle.digest("SHA-256", bytes));
}

// The text in the visitor's language, with its {places} filled in.
function translate(text, values = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function say(text, failed = false) {
  element("status").textContent = text;
  element("status").classList.toggle("failed", failed);
}

function add(tag, text, parent, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  parent.append(made);
  return made;
}

function part(name, text, parent, className) {
  const made = add("div", "", parent);
  add("h4", name, made);
  // A long message scrolls; the keyboard must reach it.
  add("pre", text, made, className).tabIndex = 0;
}

// The newest message comes first, unfolded: it is the one that the last move brought.
function show(entry) {
  for (const earlier of element("log").querySelectorAll("details")) earlier.open = false;
  const item = document.createElement("li");
  item.className = "message";
  const folded = add("details", "", item);
  folded.open = true;
  const head = add("summary", "", folded, "message-head");
  const number = element("log").children.length + 1;
  add("span", number, head, "number");
  add("h3", entry.title, head);
  if (entry.outcome) {
    add("span", entry.outcome, head, entry.failed ? "outcome failed" : "outcome");
  }
  if (entry.request) part(translate("Request"), entry.request, folded, "request");
  if (entry.response) part(translate("Response"), entry.response, folded, "response");
  element("log").prepend(item);
  count(number);
}

function count(number) {
  element("count").textContent = number;
  element("none").hidden = number > 0;
}

// Only the question outlives the redirect; no token is ever put into storage.
function keep(entry) {
  sessionStorage.setItem(LOG, JSON.stringify([entry]));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function lines(parameters) {
  return [...parameters].map(([name, value]) => `${name}=${value}`).join("\n");
}

async function exchange(title, url, options = {}) {
  const method = options.method ?? "GET";
  const headers = Object.entries(options.headers ?? {});
  const head = headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const form = options.body instanceof URLSearchParams;
  const body = form ? lines(options.body) : (options.body ?? "");
  const answer = await fetch(url, options);
  const text = await answer.text();
  const sent = [`${method} ${url}`, head, body].filter(Boolean).join("\n");
  const outcome = `${answer.status} ${answer.statusText}`.trim();
  const response = pretty(text) || translate("(no body)");
  show({ title, request: sent, response, outcome, failed: !answer.ok });
  return { ok: answer.ok, body: text ? JSON.parse(text) : {} };
}

async function discover() {
  const url = page.origin + page.metadata;
  metadata ??= await (await fetch(url)).json();
  return metadata;
}

function enable(on) {
  for (const id of needToken) if (element(id)) element(id).disabled = !on;
  if (on) element("refresh").disabled = !tokens.refresh_token;
  const steps = [...document.querySelectorAll(".step")];
  for (const step of steps) step.removeAttribute("aria-current");
  steps[on ? 1 : 0].setAttribute("aria-current", "step");
}

async function begin() {
  const asked = new FormData(element("begin"));
  const verifier = random();
  const state = random();
  const nonce = random();
  const server = await discover();
  sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state, nonce }));
  const parameters = new URLSearchParams({
    response_type: "code",
    client_id: page.clientId,
    redirect_uri: page.redirectUri,
    scope: asked.getAll("scope").join(" "),
    state,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: "S256",
    approval_prompt: asked.get("force") ?? "auto",
  });
  if (asked.getAll("scope").includes("openid")) parameters.set("nonce", nonce);
  const url = `${server.authorization_endpoint}?${parameters}`;
  const request = `GET ${server.authorization_endpoint}\n${lines(parameters)}`;
  keep({ title: translate("Ask for access"), request });
  location.assign(url);
}

async function finish(parameters) {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", location.pathname);
  const failed = parameters.has("error");
  const outcome = failed ? parameters.get("error") : "code";
  const response = lines(parameters);
  show({ title: translate("The answer in the redirect"), response, outcome, failed });
  const server = await discover();
  if (!pending || parameters.get("state") !== pending.state) {
    return say(translate("The answer is not to a question of this page: state differs."), true);
  }
  if (parameters.get("iss") !== server.issuer) {
    return say(translate("The answer comes from another server: iss differs."), true);
  }
  if (failed) {
    return say(translate("No access: {error}.", { error: parameters.get("error") }), true);
  }
  await token(translate("Exchange the code for tokens"), {
    grant_type: "authorization_code",
    code: parameters.get("code"),
    redirect_uri: page.redirectUri,
    code_verifier: pending.verifier,
  });
  if (tokens?.id_token) introduce(tokens.id_token, pending.nonce);
}

// It came straight from the server, over its connection: that vouches for it as well as
// its signature would (OpenID Connect Core section 3.1.3.7).
function introduce(idToken, nonce) {
  const text = idToken.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const claims = JSON.parse(new TextDecoder().decode(bytes));
  const ours = claims.aud === page.clientId && claims.nonce === nonce;
  const response = JSON.stringify(claims, null, 2);
  const outcome = ours ? `sub ${claims.sub}` : translate("not for us");
  show({ title: translate("What the ID Token says"), response, outcome, failed: !ours });
  if (!ours) {
    say(translate("The ID Token is not an answer to this page: nonce or aud differs."), true);
  }
}

async function token(title, parameters) {
  const server = await discover();
  const body = new URLSearchParams({ ...parameters, client_id: page.clientId });
  const answer = await exchange(title, server.token_endpoint, { method: "POST", body });
  if (!answer.ok) {
    enable(false);
    return say(translate("Refused: {error}.", answer.body), true);
  }
  tokens = answer.body;
  enable(true);
  const { expires_in: seconds, scope } = tokens;
  say(translate("Access for {seconds} seconds: {scope}.", { seconds, scope }));
}

async function call(title, url, options = {}) {
  const headers = {
    ...options.headers,
    Authorization: `Bearer ${tokens.access_token}`,
  };
  const answer = await exchange(title, url, { ...options, headers });
  const text = answer.ok ? "Done: {title}" : "Refused, {error}: {title}";
  say(translate(text, { title, error: answer.body.error }), !answer.ok);
}

async function write() {
  await call(translate("Add a note"), page.notes, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ text: element("text").value }),
  });
}

async function revoke() {
  const server = await discover();
  const body = new URLSearchParams({
    token: tokens.refresh_token ?? tokens.access_token,
    client_id: page.clientId,
  });
  await exchange(translate("Revoke"), server.revocation_endpoint, { method: "POST", body });
  say(translate("The access is revoked. Ask the API once more to see it refuse."));
}

function reset() {
  sessionStorage.removeItem(PENDING);
  sessionStorage.removeItem(LOG);
  element("log").replaceChildren();
  count(0);
  tokens = null;
  enable(false);
  say(translate("No access yet: choose what to ask for."));
}

function failed(error) {
  say(translate("It failed: {problem}", { problem: error.message }), true);
}

// One action after another: a second refresh needs the refresh token that the first one
// brings, and the status tells of the last action.
let finished = Promise.resolve();

function enqueue(action) {
  finished = finished.then(action).catch(failed);
}

function on(id, kind, action) {
  element(id).addEventListener(kind, (event) => {
    event.preventDefault();
    enqueue(action);
  });
}

on("begin", "submit", begin);
on("write", "submit", write);
on("me", "click", () => call(translate("Who am I?"), page.me));
if (element("userinfo")) {
  on("userinfo", "click", async () =>
    call(translate("Ask UserInfo"), (await discover()).userinfo_endpoint),
  );
}
on("notes", "click", () => call(translate("List my notes"), page.notes));
on("refresh", "click", () =>
  token(translate("Refresh"), {
    grant_type: "refresh_token",
    refresh_token: tokens.refresh_token,
  }),
);
on("revoke", "click", revoke);
on("reset", "click", reset);

// At another address the cookies and the redirect belong to another site.
element("elsewhere").hidden = location.origin === page.origin;

for (const entry of JSON.parse(sessionStorage.getItem(LOG) ?? "[]")) show(entry);
const arrived = new URLSearchParams(location.search);
if (arrived.has("state")) {
  enqueue(() => finish(arrived));
}
