// An express site whose users log in through next-auth 4, with the handler of its API routes.

import express from "express";
import nextAuth from "next-auth";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
process.env.NEXTAUTH_URL = `http://localhost:${PORT}`;

const options = {
  secret: "for tests only",
  providers: [
    {
      id: "house",
      name: "The house",
      type: "oauth",
      wellKnown: `${ISSUER}/.well-known/openid-configuration`,
      authorization: { params: { scope: "openid profile email" } },
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      idToken: true,
      checks: ["pkce", "state"],
      profile: ({ sub, name, email }) => ({ id: sub, name, email }),
    },
  ],
};

const app = express();
app.use(express.urlencoded({ extended: false }));
app.all("/api/auth/*nextauth", (request, response) => {
  // Next.js passes the segments of the path and the cookies to an API route.
  const query = { ...request.query, nextauth: request.params.nextauth };
  Object.defineProperty(request, "query", { value: query });
  const cookies = (request.headers.cookie ?? "").split("; ").filter(Boolean);
  request.cookies = Object.fromEntries(
    cookies.map((cookie) => {
      const [name, ...value] = cookie.split("=");
      return [name, decodeURIComponent(value.join("="))];
    }),
  );
  return nextAuth.default(request, response, options);
});
app.get("/", (request, response) => response.json({}));
app.listen(Number(PORT), "localhost");
