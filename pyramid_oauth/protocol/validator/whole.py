"""The one object that answers oauthlib's questions, composed by subject.

It keeps no state: every answer finds the Pyramid request and the server on the
request that oauthlib hands it, so one validator serves all threads.
"""

from __future__ import annotations

from oauthlib.oauth2 import RequestValidator

from pyramid_oauth.protocol.validator.clients import ClientAnswers
from pyramid_oauth.protocol.validator.codes import CodeAnswers
from pyramid_oauth.protocol.validator.redirects import RedirectAnswers
from pyramid_oauth.protocol.validator.scopes import ScopeAnswers
from pyramid_oauth.protocol.validator.tokens import TokenAnswers
from pyramid_oauth.protocol.validator.users import UserAnswers


class Validator(  # type: ignore[misc]  # typed tighter than oauthlib's questions
    ClientAnswers,
    RedirectAnswers,
    CodeAnswers,
    TokenAnswers,
    ScopeAnswers,
    UserAnswers,
    RequestValidator,
):
    """All answers in one."""


VALIDATOR = Validator()
