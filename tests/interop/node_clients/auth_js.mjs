// An express site whose users log in through Auth.js (@auth/core).

import { Auth } from "@auth/core";
import express from "express";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const options = {
  secret: "for tests only",
  trustHost: true,
  basePath: "/auth",
  providers: [
    {
      id: "house",
      name: "The house",
      type: "oidc",
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
    },
  ],
};

const app = express();
app.use(express.text({ type: "*/*" }));
app.all("/auth/*rest", async (request, response) => {
  const { method, headers, body, url } = request;
  const answer = await Auth(
    new Request(`http://localhost:${PORT}${url}`, {
      method,
      headers,
      body: method === "POST" ? body : undefined,
    }),
    options,
  );
  answer.headers.forEach((value, name) => response.append(name, value));
  response.status(answer.status).send(Buffer.from(await answer.arrayBuffer()));
});
app.get("/", (request, response) => response.json({}));
app.listen(Number(PORT), "localhost");
