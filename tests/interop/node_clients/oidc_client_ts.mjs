// Serves the page of a single-page application that uses oidc-client-ts.

import { createRequire } from "node:module";
import path from "node:path";
import express from "express";

const { ISSUER, CLIENT_ID, PORT } = process.env;
const origin = `http://localhost:${PORT}`;
const library = path.dirname(createRequire(import.meta.url).resolve("oidc-client-ts"));
const settings = {
  authority: ISSUER,
  client_id: CLIENT_ID,
  redirect_uri: `${origin}/`,
  post_logout_redirect_uri: `${origin}/`,
  scope: "openid profile email",
  loadUserInfo: true,
};
const page = `<!doctype html>
<script src="/library/browser/oidc-client-ts.js"></script>
<button id="login">Log in</button>
<button id="refresh">Refresh</button>
<button id="logout">Log out</button>
<output id="shown"></output>
<script>
  const manager = new oidc.UserManager(${JSON.stringify(settings)});
  const show = (user) => {
    document.title = user ? user.profile.name : "nobody";
    document.getElementById("shown").value = user ? user.access_token : "";
  };
  const on = (name, does) => {
    document.getElementById(name).onclick = () =>
      does().catch((error) => { document.title = String(error); });
  };
  on("login", () => manager.signinRedirect());
  on("refresh", async () => show(await manager.signinSilent()));
  on("logout", () => manager.signoutRedirect());
  const begin = location.search.includes("code=")
    ? manager.signinCallback() : manager.getUser();
  begin.then(show, (error) => { document.title = String(error); });
</script>`;

const app = express();
app.use("/library", express.static(path.dirname(path.dirname(library)) + "/dist"));
app.get("/", (request, response) => response.type("html").send(page));
app.listen(Number(PORT), "localhost");
