// The request that waits. It comes from the address, so it may be anybody's text: only a
// path below our own authorization endpoint is asked.
const given = new URLSearchParams(location.search).get("request") ?? "";
const url = new URL(given, location.origin);
const isOurs =
  url.origin === location.origin && url.pathname.startsWith("/oauth/authorize/");

const show = (id, text) => (document.getElementById(id).textContent = text);

async function send(options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  const answer = await fetch(url.pathname, { ...options, headers });
  return answer.json();
}

// Every answer has a status, which says what comes next.
function proceed(answer) {
  if (answer.status === "redirect") location.assign(answer.redirect_to);
  else if (answer.status === "login_required") location.assign(answer.login_url);
  else if (answer.status === "post") post(answer.post_to, answer.members);
  else if (answer.status === "consent_required") ask(answer);
  else show("problem", `${answer.title} (reference ${answer.reference})`);
}

function post(action, members) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  for (const [name, value] of Object.entries(members)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

function ask({ client, account, destination, items, known_items, decision }) {
  show("question", `${client.name} asks for access`);
  show("account", `You are logged in as ${account.name}`);
  show("host", destination.host);
  document.getElementById("items").replaceChildren(...items.concat(known_items).map(row));
  for (const choice of ["allow", "deny"]) {
    document.getElementById(choice).onclick = async () =>
      proceed(await decide(choice, decision.csrf_token));
  }
}

function row(item) {
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", checked: true, disabled: !item.optional });
  Object.assign(box.dataset, { kind: item.kind, name: item.name });
  const label = document.createElement("label");
  label.append(box, ` ${item.label}`);
  const line = document.createElement("li");
  line.append(label);
  return line;
}

// Optional items that are missing from the decision are not granted.
function decide(decision, csrf_token) {
  const ticked = {};
  for (const { dataset } of document.querySelectorAll("#items :checked")) {
    (ticked[dataset.kind] ??= []).push(dataset.name);
  }
  return send({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ decision, csrf_token, ...ticked }),
  });
}

if (isOurs) proceed(await send());
else show("problem", "This page has no request.");
