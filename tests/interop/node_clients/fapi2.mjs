// A confidential client of FAPI 2.0 by the functions of oauth4webapi: the same steps as in
// openid_client/fapi2.mjs, each by the function for its specification.

import { createInterface } from "node:readline";
import { webcrypto } from "node:crypto";
import * as oauth from "oauth4webapi";

globalThis.crypto ??= webcrypto; // Node.js 18 has no global `crypto`

const options = JSON.parse(process.env.OPTIONS);
const rsa = { name: "RSA-PSS", hash: "SHA-256" };
const key = await crypto.subtle.importKey("jwk", options.key, rsa, false, ["sign"]);
const signer = { key, kid: options.key.kid };
const issuer = new URL(options.issuer);
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
const client = {
  client_id: options.client_id,
  id_token_signed_response_alg: "PS256",
  authorization_signed_response_alg: "PS256",
};
const authentication = oauth.PrivateKeyJwt(signer);
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));

// The library remembers the nonce of a response; the request is repeated here.
async function repeated(request, process) {
  try {
    return await process(await request());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return process(await request());
  }
}

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const nonce = oauth.generateRandomNonce();
let parameters = new URLSearchParams({
  client_id: client.client_id,
  redirect_uri: options.redirect_uri,
  response_type: "code",
  scope: options.scope,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
if (options.jarm) parameters.set("response_mode", "jwt");
if (options.signed) {
  const request = await oauth.issueRequestObject(server, client, parameters, signer);
  parameters = new URLSearchParams({ request });
}
const pushed = await repeated(
  () =>
    oauth.pushedAuthorizationRequest(server, client, authentication, parameters, { DPoP }),
  (response) => oauth.processPushedAuthorizationResponse(server, client, response),
);
const target = new URL(server.authorization_endpoint);
target.searchParams.set("client_id", client.client_id);
target.searchParams.set("request_uri", pushed.request_uri);
console.log(target.href);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const arrived = new URL((await lines.next()).value);
const validate = options.jarm ? oauth.validateJwtAuthResponse : oauth.validateAuthResponse;
const members = await validate(server, client, arrived, state);
const { redirect_uri, resource } = options;
const tokens = await repeated(
  () =>
    oauth.authorizationCodeGrantRequest(
      server, client, authentication, members, redirect_uri, verifier, { DPoP },
    ),
  (response) =>
    oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    }),
);
const renewed = await repeated(
  () =>
    oauth.refreshTokenGrantRequest(
      server, client, authentication, tokens.refresh_token, { DPoP },
    ),
  (response) => oauth.processRefreshTokenResponse(server, client, response),
);
const call = (token) =>
  repeated(
    () => oauth.protectedResourceRequest(token, "GET", new URL(resource), undefined, null, { DPoP }),
    async (response) => response,
  );
const before = await call(tokens.access_token);
const after = await call(renewed.access_token);
const introspect = async (token) =>
  oauth.processIntrospectionResponse(
    server,
    client,
    await oauth.introspectionRequest(server, client, authentication, token),
  );
const introspected = await introspect(renewed.access_token);
const { sub } = oauth.getValidatedIdTokenClaims(tokens);
const user = await repeated(
  () => oauth.userInfoRequest(server, client, tokens.access_token, { DPoP }),
  (response) => oauth.processUserInfoResponse(server, client, sub, response),
);
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, client, authentication, renewed.access_token),
);
const own = await repeated(
  () =>
    oauth.clientCredentialsGrantRequest(
      server, client, authentication, new URLSearchParams({ scope: "read" }), { DPoP },
    ),
  (response) => oauth.processClientCredentialsResponse(server, client, response),
);
console.log(
  JSON.stringify({
    token_type: tokens.token_type,
    pushed: [...target.searchParams.keys()].sort(),
    response: [...arrived.searchParams.keys()].includes("response"),
    same_user: user.sub === sub,
    calls: [before.status, after.status, (await call(own.access_token)).status],
    bound_to: introspected.cnf.jkt === (await DPoP.calculateThumbprint()),
    revoked: (await introspect(renewed.access_token)).active === false,
  }),
);
process.exit(0);
