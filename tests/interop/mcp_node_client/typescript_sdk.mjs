// The client of MCP's TypeScript SDK, steered by lines of JSON on its standard input.
// It prints one line for each event, like python_sdk.py. VERSION is that of the SDK, 1 or 2.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const SDK = "@modelcontextprotocol/sdk/client";
const modules = {
  1: [`${SDK}/auth.js`, `${SDK}/index.js`, `${SDK}/streamableHttp.js`],
  2: ["@modelcontextprotocol/client"],
}[process.env.VERSION];
const { Client, StreamableHTTPClientTransport, StreamableHTTPError, UnauthorizedError } =
  Object.assign({}, ...(await Promise.all(modules.map((name) => import(name)))));

const server = new URL(process.env.SERVER);
const emit = (event) => console.log(JSON.stringify(event));

let arrived;
const listener = createServer((request, response) => {
  response.end("You may close this page.");
  arrived(new URL(request.url, "http://localhost").searchParams);
});
await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
const redirectUrl = `http://${process.env.HOST}:${listener.address().port}/callback`;

class Provider {
  clientMetadataUrl = process.env.CLIENT_METADATA_URL;
  redirectUrl = redirectUrl;
  clientMetadata = {
    client_name: "TypeScript SDK",
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  stored = {};
  state() { return (this.expectedState = randomUUID()); }
  clientInformation() { return this.stored.client; }
  saveClientInformation(client) {
    this.stored.client = client;
    emit({ client_id: client.client_id });
  }
  tokens() { return this.stored.tokens; }
  saveTokens(tokens) {
    this.stored.tokens = tokens;
    emit({ token: tokens.access_token, scope: tokens.scope, refreshable: Boolean(tokens.refresh_token) });
  }
  saveCodeVerifier(verifier) { this.stored.verifier = verifier; }
  codeVerifier() { return this.stored.verifier; }
  saveDiscoveryState(state) { this.stored.discovery = state; }
  discoveryState() { return this.stored.discovery; }
  redirectToAuthorization(url) {
    this.callback = new Promise((resolve) => { arrived = resolve; });
    emit({ authorize: url.href });
  }
  // The SDK leaves `state` to the application, and version 1 `iss` (RFC 9207), too.
  async response() {
    const query = await this.callback;
    if (query.get("error")) throw new Error(`authorization response: ${query}`);
    const { issuer } = this.stored.discovery.authorizationServerMetadata;
    if (query.get("state") !== this.expectedState) throw new Error("state differs");
    if (query.get("iss") !== issuer) throw new Error(`iss ${query.get("iss")}`);
    return [query.get("code"), query.get("iss")];
  }
}

const provider = new Provider();

async function call(command) {
  const transport = new StreamableHTTPClientTransport(server, { authProvider: provider });
  const client = new Client({ name: "TypeScript SDK", version: "1" });
  try {
    await client.connect(transport);
    const result = await client.callTool({ name: command.call, arguments: command.arguments });
    return { failed: Boolean(result.isError), content: result.structuredContent };
  } catch (error) {
    // The transport keeps the challenge; a second one ends the authorization.
    if (error instanceof UnauthorizedError) {
      await transport.finishAuth(...(await provider.response()));
    }
    throw error;
  } finally {
    await client.close();
  }
}

// A call is repeated once after the user authorized, and once more after a step-up.
async function callAuthorized(command, attempts = 3) {
  try {
    return await call(command);
  } catch (error) {
    if (attempts === 1) throw error;
    if (process.env.VERSION === "1" && error instanceof StreamableHTTPError && error.code === 403) {
      // Version 1 refreshes, which adds no scope, where it has a refresh token.
      delete provider.stored.tokens.refresh_token;
    } else if (!(error instanceof UnauthorizedError)) throw error;
    return callAuthorized(command, attempts - 1);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    emit({ result: await callAuthorized(JSON.parse(line)) });
  } catch (error) {
    emit({ error: String(error.stack ?? error) });
  }
}
listener.close();
