"""A bank: a user allows one payment, and the API makes exactly this one."""

from collections.abc import Mapping
from typing import Any

from pyramid.request import Request

from pyramid_oauth.resource import any_token
from pyramid_oauth.typing import OAuthConfigurator

SCHEMA = {
    "properties": {
        "locations": {"type": "array", "items": {"type": "string"}},
        "instructedAmount": {
            "type": "object",
            "properties": {
                "currency": {"enum": ["EUR", "USD"]},
                "amount": {"type": "string", "pattern": r"^[0-9]{1,9}\.[0-9]{2}$"},
            },
            "required": ["currency", "amount"],
        },
        "creditorName": {"type": "string", "minLength": 1, "maxLength": 70},
        "creditorAccount": {
            "type": "object",
            "properties": {
                "iban": {"type": "string", "pattern": "^[A-Z]{2}[A-Z0-9]{13,32}$"}
            },
            "required": ["iban"],
        },
    },
    "required": ["instructedAmount", "creditorName", "creditorAccount"],
}


def describe_payment(detail: Mapping[str, Any]) -> str:
    """What the consent page says in one line."""
    amount = detail["instructedAmount"]
    return f"Pay {amount['amount']} {amount['currency']} to {detail['creditorName']}"


def is_allowed_payment(request: Request, detail: Mapping[str, Any]) -> bool:
    """Whether the user allowed the payment that the client wants to make."""
    amount, account = detail["instructedAmount"], detail["creditorAccount"]
    wanted = [request.params.get(name) for name in ("amount", "currency", "iban")]
    return wanted == [amount["amount"], amount["currency"], account["iban"]]


def make_payment(request: Request) -> dict[str, str]:
    """The API of the bank."""
    return {"status": "accepted", "amount": request.params["amount"]}


def includeme(config: OAuthConfigurator) -> None:
    config.include("pyramid_oauth.extensions.rich_authorization")
    config.add_oauth_authorization_details_type(
        "payment_initiation",
        SCHEMA,
        check=is_allowed_payment,
        label=describe_payment,
        remember=False,
        icon="payment",
        risk="high",
    )
    config.add_route("payments", "/payments", request_method="POST")
    config.add_view(
        make_payment,
        route_name="payments",
        renderer="json",
        oauth_scopes=any_token(),
        oauth_authorization_details="payment_initiation",
    )
