// An express site whose users log in through the functions of oauth4webapi.

import express from "express";
import * as oauth from "oauth4webapi";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const origin = `http://localhost:${PORT}`;
const redirect_uri = `${origin}/callback`;
const client = { client_id: CLIENT_ID };
const secret = oauth.ClientSecretBasic(CLIENT_SECRET);
const http = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(ISSUER);
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, http),
);
const held = {};

async function begin() {
  held.verifier = oauth.generateRandomCodeVerifier();
  held.nonce = oauth.generateRandomNonce();
  held.state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: CLIENT_ID,
    redirect_uri,
    response_type: "code",
    scope: "openid profile email",
    code_challenge: await oauth.calculatePKCECodeChallenge(held.verifier),
    code_challenge_method: "S256",
    nonce: held.nonce,
    state: held.state,
  });
  return url.href;
}

async function finish(url) {
  const parameters = oauth.validateAuthResponse(server, client, url, held.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, secret, parameters, redirect_uri, held.verifier, http,
  );
  held.tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: held.nonce,
    requireIdToken: true,
  });
  held.claims = oauth.getValidatedIdTokenClaims(held.tokens);
  await oauth.validateApplicationLevelSignature(server, response, http);
}

async function user() {
  const response = await oauth.userInfoRequest(
    server, client, held.tokens.access_token, http,
  );
  const { sub } = held.claims;
  const { name, email } = await oauth.processUserInfoResponse(
    server, client, sub, response,
  );
  return { name, email };
}

async function refresh() {
  const response = await oauth.refreshTokenGrantRequest(
    server, client, secret, held.tokens.refresh_token, http,
  );
  const renewed = await oauth.processRefreshTokenResponse(server, client, response);
  const revoked = await oauth.revocationRequest(
    server, client, secret, renewed.refresh_token, http,
  );
  await oauth.processRevocationResponse(revoked);
  return { is_new: renewed.access_token !== held.tokens.access_token };
}

const app = express();
app.get("/login", async (request, response) => response.redirect(await begin()));
app.get("/callback", async (request, response) => {
  await finish(new URL(request.originalUrl, origin));
  response.redirect("/user");
});
app.get("/user", async (request, response) => response.json(await user()));
app.get("/refresh", async (request, response) => response.json(await refresh()));
app.listen(Number(PORT), "localhost");
