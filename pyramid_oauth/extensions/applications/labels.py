"""Labels and descriptions of the form fields."""

from __future__ import annotations

from pyramid_oauth.i18n import _

LABELS = {
    "name": _("Name"),
    "token_endpoint_auth_method": _("How the application authenticates"),
    "redirect_uris": _("Redirect URIs"),
    "post_logout_redirect_uris": _("Redirect URIs after a logout"),
    "allowed_origins": _("Origins of its scripts"),
    "authorization_grant_type": _("Grant types"),
    "allowed_scopes": _("Scopes that it may request"),
    "default_scopes": _("Scopes of a request without any"),
    "client_metadata": _("Further metadata"),
    "metadata_client_uri": _("Home page"),
    "metadata_logo_uri": _("Logo"),
    "metadata_policy_uri": _("Privacy policy"),
    "metadata_tos_uri": _("Terms of service"),
    "metadata_jwks_uri": _("Public keys (JWK set)"),
    "metadata_contacts": _("Contacts"),
    "user_id": _("Owner"),
    "skip_authorization": _("Trusted: users are never asked"),
    "introspection": _("Tokens that it may introspect"),
    "pkce_required": _("PKCE required"),
    "access_token_lifetime": _("Seconds until an access token expires"),
    "refresh_token_idle_lifetime": _("Seconds until an unused refresh token expires"),
    "refresh_token_absolute_lifetime": _("Seconds until every refresh token expires"),
}

HINTS = {
    "name": _("Users see it when they are asked for their consent."),
    "token_endpoint_auth_method": _(
        "Choose “none” for a program on a device or a script in a browser, which "
        "cannot keep a secret."
    ),
    "redirect_uris": _("One a line, exactly as the application sends them."),
    "post_logout_redirect_uris": _("One a line."),
    "allowed_origins": _("One a line, such as https://app.example."),
    "allowed_scopes": _("Without a choice: every scope that there is for it."),
    "client_metadata": _("A JSON object with members of RFC 7591."),
    "metadata_contacts": _("One a line, such as an e-mail address."),
    "user_id": _("The identifier of the user; without one only administrators see it."),
}

OPTIONS = {
    "authorization_code": _("Users log in and consent (authorization_code)"),
    "refresh_token": _("It stays connected (refresh_token)"),
    "client_credentials": _("It acts for itself (client_credentials)"),
    "client_secret_basic": _("Secret in the header (client_secret_basic)"),
    "client_secret_post": _("Secret in the form (client_secret_post)"),
    "private_key_jwt": _("Signed with its private key (private_key_jwt)"),
    "tls_client_auth": _("Certificate of an authority (tls_client_auth)"),
    "self_signed_tls_client_auth": _(
        "Certificate of its own (self_signed_tls_client_auth)"
    ),
    "none": _("None: it cannot keep a secret"),
    "own": _("Its own, and those meant for it"),
    "any": _("All of them"),
    "": _("As the server requires"),
    "yes": _("Yes"),
    "no": _("No"),
}
