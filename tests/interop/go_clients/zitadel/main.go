// A site whose users log in through zitadel/oidc, and its API, which introspects tokens.
//
// Environment variables: ISSUER, CLIENT_ID, CLIENT_SECRET, PORT; for the API: API_ID,
// API_SECRET.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/client/rs"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

var (
	origin = "http://localhost:" + os.Getenv("PORT")
	tokens *oidc.Tokens[*oidc.IDTokenClaims]
)

func answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	json.NewEncoder(w).Encode(value)
}

func keepTokens(w http.ResponseWriter, r *http.Request, got *oidc.Tokens[*oidc.IDTokenClaims],
	state string, party rp.RelyingParty, info *oidc.UserInfo) {
	tokens = got
	answer(w, map[string]string{"name": info.Name, "email": info.Email}, nil)
}

func main() {
	ctx := context.Background()
	issuer := os.Getenv("ISSUER")
	cookies := httphelper.NewCookieHandler(
		[]byte("0123456789abcdef"), []byte("0123456789abcdef"), httphelper.WithUnsecure())
	party, err := rp.NewRelyingPartyOIDC(ctx, issuer,
		os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), origin+"/callback",
		[]string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail},
		rp.WithCookieHandler(cookies), rp.WithPKCE(cookies))
	if err != nil {
		log.Fatal(err)
	}
	api, err := rs.NewResourceServerClientCredentials(ctx, issuer,
		os.Getenv("API_ID"), os.Getenv("API_SECRET"))
	if err != nil {
		log.Fatal(err)
	}

	http.Handle("/login", rp.AuthURLHandler(func() string { return "state" }, party))
	http.Handle("/callback", rp.CodeExchangeHandler(rp.UserinfoCallback(keepTokens), party))
	http.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		got, err := rp.RefreshTokens[*oidc.IDTokenClaims](r.Context(), party, tokens.RefreshToken, "", "")
		if err != nil {
			answer(w, nil, err)
			return
		}
		renewed := got.AccessToken != tokens.AccessToken
		tokens.Token = got.Token
		answer(w, map[string]bool{"renewed": renewed}, nil)
	})
	http.HandleFunc("/api", func(w http.ResponseWriter, r *http.Request) {
		got, err := rs.Introspect[*oidc.IntrospectionResponse](r.Context(), api, tokens.AccessToken)
		answer(w, got, err)
	})
	http.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		to, err := rp.EndSession(r.Context(), party, tokens.IDToken, origin+"/", "state", "", nil)
		if err != nil {
			answer(w, nil, err)
			return
		}
		http.Redirect(w, r, to.String(), http.StatusFound)
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { answer(w, "home", nil) })
	log.Fatal(http.ListenAndServe("localhost:"+os.Getenv("PORT"), nil))
}
