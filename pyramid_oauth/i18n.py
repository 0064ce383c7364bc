"""Translation domain of the HTML pages.

Protocol messages stay English (RFC 6749 section 5.2).
"""

from __future__ import annotations

from collections.abc import Callable

from pyramid.i18n import TranslationString, TranslationStringFactory

_DOMAIN = "pyramid_oauth"

_ = TranslationStringFactory(_DOMAIN)


class Problem(str):
    """What is wrong with a value: an English text, and its message for pages.

    Protocol answers, logs and the command line use the text itself.

    Args:
        message: The text, with `${name}` for each of `values`. It is collected for
            translation.
        values: What is inserted.
    """

    message: TranslationString
    subject: str

    def __new__(cls, message: str, **values: object) -> Problem:
        """Insert the values into the English text."""
        named = TranslationString(message, _DOMAIN, mapping=values)
        return cls._of(named, "")

    @classmethod
    def _of(cls, message: TranslationString, subject: str) -> Problem:
        text = message.interpolate()
        problem = super().__new__(cls, f"{subject} {text}" if subject else text)
        problem.message, problem.subject = message, subject
        return problem

    def about(self, subject: str) -> Problem:
        """Return the same problem of one value among several."""
        return self._of(self.message, subject)


def translate_problem(problem: str, translate: Callable[[str], str]) -> str:
    """Return a problem in the language of `translate`, a method of the localizer.

    That of a host's own check may be a plain text.
    """
    if not isinstance(problem, Problem):
        return translate(problem)
    message, values = problem.message, dict(problem.message.mapping or {})
    for name, value in values.items():
        if isinstance(value, Problem):
            values[name] = translate_problem(value, translate)
    text = translate(TranslationString(message, message.domain, mapping=values))
    return f"{problem.subject} {text}" if problem.subject else text
