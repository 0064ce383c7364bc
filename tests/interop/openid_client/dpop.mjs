// A site whose users log in by openid-client, with tokens that are bound to a key (DPoP).
//
// The library signs a proof for each request and repeats it when the server asks for a nonce.
// The key of a public client does not change; that of a confidential one changes at the refresh.

import http from "node:http";
import { webcrypto } from "node:crypto";
import * as client from "openid-client";

globalThis.crypto ??= webcrypto; // Node.js 18 has no global `crypto`

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, API, ALGORITHM } = process.env;
const origin = `http://localhost:${PORT}`;
const redirect_uri = `${origin}/callback`;
const config = await client.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  {},
  CLIENT_SECRET ? client.ClientSecretPost(CLIENT_SECRET) : client.None(),
  { execute: [client.allowInsecureRequests] },
);
const newHandle = async () =>
  client.getDPoPHandle(config, await client.randomDPoPKeyPair(ALGORITHM));
const held = { DPoP: await newHandle() };

async function begin(pushed) {
  held.verifier = client.randomPKCECodeVerifier();
  held.state = client.randomState();
  const parameters = {
    redirect_uri,
    scope: "openid profile read",
    code_challenge: await client.calculatePKCECodeChallenge(held.verifier),
    code_challenge_method: "S256",
    state: held.state,
  };
  const options = { DPoP: held.DPoP };
  if (pushed) {
    return client.buildAuthorizationUrlWithPAR(config, parameters, options);
  }
  parameters.dpop_jkt = await held.DPoP.calculateThumbprint();
  return client.buildAuthorizationUrl(config, parameters);
}

async function finish(url) {
  held.tokens = await client.authorizationCodeGrant(
    config,
    url,
    { pkceCodeVerifier: held.verifier, expectedState: held.state },
    undefined,
    { DPoP: held.DPoP },
  );
}

async function use() {
  const { access_token, token_type } = held.tokens;
  const { sub } = held.tokens.claims();
  const options = { DPoP: held.DPoP };
  const userinfo = await client.fetchUserInfo(config, access_token, sub, options);
  const answer = await client.fetchProtectedResource(
    config, access_token, new URL(API), "GET", undefined, undefined, options,
  );
  const as_bearer = await fetch(API, {
    headers: { Authorization: `Bearer ${access_token}` },
  });
  return {
    token_type,
    name: userinfo.name,
    api: answer.status,
    as_bearer: as_bearer.status,
  };
}

async function refresh() {
  if (CLIENT_SECRET) {
    held.DPoP = await newHandle();
  }
  const options = { DPoP: held.DPoP };
  const { refresh_token } = held.tokens;
  const renewed = await client.refreshTokenGrant(config, refresh_token, undefined, options);
  const answer = await client.fetchProtectedResource(
    config, renewed.access_token, new URL(API), "GET", undefined, undefined, options,
  );
  return { token_type: renewed.token_type, api: answer.status };
}

const pages = {
  "/login": async () => ({ location: await begin(false) }),
  "/pushed": async () => ({ location: await begin(true) }),
  "/callback": async (url) => {
    await finish(url);
    return { location: `${origin}/use` };
  },
  "/use": async () => ({ body: await use() }),
  "/refresh": async () => ({ body: await refresh() }),
};

http
  .createServer(async (request, response) => {
    const url = new URL(request.url, origin);
    try {
      const { location, body } = await pages[url.pathname](url);
      response.writeHead(location ? 303 : 200, location ? { location: String(location) } : {});
      response.end(body ? JSON.stringify(body) : "");
    } catch (error) {
      response.writeHead(500);
      response.end(`${error} ${JSON.stringify(error.cause ?? "")} ${error.stack}`);
    }
  })
  .listen(Number(PORT), "localhost");
