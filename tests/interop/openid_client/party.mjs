// A relying party that uses openid-client: reads a JSON command per line, answers with JSON.
//
//   node party.mjs ISSUER REDIRECT_URI POST_LOGOUT_REDIRECT_URI
//
// The library validates all tokens and claims; an error is returned as JSON.

import { webcrypto } from "node:crypto";
import readline from "node:readline";
import * as client from "openid-client";

globalThis.crypto ??= webcrypto; // Node.js 18 has no global `crypto`

const [issuer, redirect_uri, post_logout_redirect_uri] = process.argv.slice(2);
const held = {};

const commands = {
  async register() {
    held.config = await client.dynamicClientRegistration(
      new URL(issuer),
      {
        client_name: "openid-client",
        redirect_uris: [redirect_uri],
        post_logout_redirect_uris: [post_logout_redirect_uri],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_basic",
        id_token_signed_response_alg: "ES256",
      },
      client.ClientSecretBasic(),
    );
    return held.config.clientMetadata();
  },

  async begin() {
    held.verifier = client.randomPKCECodeVerifier();
    held.nonce = client.randomNonce();
    held.state = client.randomState();
    const url = client.buildAuthorizationUrl(held.config, {
      redirect_uri,
      scope: "openid profile email offline_access",
      prompt: "consent",
      max_age: "3600",
      code_challenge: await client.calculatePKCECodeChallenge(held.verifier),
      code_challenge_method: "S256",
      nonce: held.nonce,
      state: held.state,
    });
    return { url: url.href };
  },

  async finish({ url }) {
    held.tokens = await client.authorizationCodeGrant(held.config, new URL(url), {
      pkceCodeVerifier: held.verifier,
      expectedNonce: held.nonce,
      expectedState: held.state,
      maxAge: 3600,
      idTokenExpected: true,
    });
    return held.tokens.claims();
  },

  async userinfo() {
    const { sub } = held.tokens.claims();
    return client.fetchUserInfo(held.config, held.tokens.access_token, sub);
  },

  async refresh() {
    const renewed = await client.refreshTokenGrant(
      held.config,
      held.tokens.refresh_token,
    );
    return { claims: renewed.claims(), expires_in: renewed.expires_in };
  },

  async logout() {
    const url = client.buildEndSessionUrl(held.config, {
      id_token_hint: held.tokens.id_token,
      post_logout_redirect_uri,
      state: "after-logout",
    });
    return { url: url.href };
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { command, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = await commands[command](given);
  } catch (error) {
    answer = { error: String(error), cause: String(error.cause ?? "") };
  }
  console.log(JSON.stringify(answer));
}
