// A confidential client of FAPI 2.0 with openid-client: private_key_jwt, DPoP with the nonces of
// the server, pushed requests, which are signed, and signed responses, where OPTIONS says so. With
// a certificate in OPTIONS the tokens are bound to that, and it may authenticate the client.
//
// It prints the URL for the browser, reads the URL at which the browser arrives, and prints what
// it got.

import { createInterface } from "node:readline";
import { webcrypto, X509Certificate, createHash } from "node:crypto";
import * as client from "openid-client";
import * as undici from "undici";

globalThis.crypto ??= webcrypto; // Node.js 18 has no global `crypto`

const options = JSON.parse(process.env.OPTIONS);
const rsa = { name: "RSA-PSS", hash: "SHA-256" };
const key = await crypto.subtle.importKey("jwk", options.key, rsa, false, ["sign"]);
const signer = { key, kid: options.key.kid };
const metadata = {
  id_token_signed_response_alg: "PS256",
  authorization_signed_response_alg: "PS256",
  use_mtls_endpoint_aliases: Boolean(options.certificate),
};
const config = await client.discovery(
  new URL(options.issuer),
  options.client_id,
  metadata,
  options.by_certificate ? client.TlsClientAuth() : client.PrivateKeyJwt(signer),
);
if (options.jarm) client.useJwtResponseMode(config);
let DPoP;
let confirmation;
if (options.certificate) {
  const dispatcher = new undici.Agent({ connect: options.certificate });
  config[client.customFetch] = (url, init) => undici.fetch(url, { ...init, dispatcher });
  const { raw } = new X509Certificate(options.certificate.cert);
  confirmation = { "x5t#S256": createHash("sha256").update(raw).digest("base64url") };
} else {
  DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  confirmation = { jkt: await DPoP.calculateThumbprint() };
}

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
let parameters = {
  redirect_uri: options.redirect_uri,
  scope: options.scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
};
if (options.signed) {
  const url = await client.buildAuthorizationUrlWithJAR(config, parameters, signer);
  parameters = url.searchParams;
}
const target = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP });
console.log(target.href);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const arrived = new URL((await lines.next()).value);
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
const tokens = await client.authorizationCodeGrant(config, arrived, checks, undefined, { DPoP });
const call = async (token) => {
  const url = new URL(options.resource);
  return client.fetchProtectedResource(config, token, url, "GET", null, undefined, { DPoP });
};
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP });
const before = await call(tokens.access_token);
const after = await call(renewed.access_token);
const introspected = await client.tokenIntrospection(config, renewed.access_token);
const { sub } = tokens.claims();
const user = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
await client.tokenRevocation(config, renewed.access_token);
const own = await client.clientCredentialsGrant(config, { scope: "read" }, { DPoP });
console.log(
  JSON.stringify({
    token_type: tokens.token_type,
    pushed: [...target.searchParams.keys()].sort(),
    response: [...arrived.searchParams.keys()].includes("response"),
    same_user: user.sub === sub,
    calls: [before.status, after.status, (await call(own.access_token)).status],
    bound_to: JSON.stringify(introspected.cnf) === JSON.stringify(confirmation),
    revoked: (await client.tokenIntrospection(config, renewed.access_token)).active === false,
  }),
);
process.exit(0);
