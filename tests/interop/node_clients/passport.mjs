// An express site whose users log in through passport: STRATEGY is openidconnect or oauth2.

import express from "express";
import session from "express-session";
import passport from "passport";
import OAuth2Strategy from "passport-oauth2";
import OpenIDConnectStrategy from "passport-openidconnect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, STRATEGY } = process.env;
const common = {
  authorizationURL: `${ISSUER}/authorize`,
  tokenURL: `${ISSUER}/token`,
  clientID: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  callbackURL: `http://localhost:${PORT}/callback`,
};

const strategies = {
  openidconnect: () =>
    new OpenIDConnectStrategy(
      {
        ...common,
        issuer: ISSUER,
        userInfoURL: `${ISSUER}/userinfo`,
        scope: ["profile", "email"],
        nonce: true,
      },
      (issuer, profile, done) => done(null, { name: profile.displayName }),
    ),
  oauth2: () =>
    new OAuth2Strategy(
      { ...common, scope: ["read"], state: true, pkce: true },
      (access, refresh, profile, done) =>
        done(null, { access: Boolean(access), refresh: Boolean(refresh) }),
    ),
};

passport.use("house", strategies[STRATEGY]());
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: "for tests only", resave: false, saveUninitialized: false }));
app.use(passport.session());
app.get("/login", passport.authenticate("house"));
app.get("/callback", passport.authenticate("house", { successRedirect: "/" }));
app.get("/", (request, response) => response.json(request.user ?? {}));
app.listen(Number(PORT), "localhost");
