"""One place where every sentence that a person reads is looked up.

``_("text {x}", x=1)`` returns the text in the reader's language with the values filled in;
``_n("one", "many", count)`` returns the one for that count. ``N_("text")`` only marks a text: for
texts that are written down once (the meaning of a field) and looked up with ``_`` whenever they
are shown.
"""

import gettext
import os
from functools import lru_cache
from pathlib import Path

DOMAIN = "mufakat"
LOCALE = Path(__file__).parents[1] / "view" / "locale"
# What gettext itself asks for the reader's language, in its order.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@lru_cache(maxsize=8)
def _translations(wanted: tuple[str | None, ...]) -> gettext.NullTranslations:
    """Return the catalogue for these values of the language variables."""
    return gettext.translation(DOMAIN, LOCALE, fallback=True)


def _(message: str, /, **values: object) -> str:
    """Translate a message into the reader's language and fill in its named values.

    Without values the message is returned as it is written, braces included.

    >>> _("{count} rounds", count=3)
    '3 rounds'
    """
    if not message:  # gettext answers the empty text with the catalogue's header
        return message
    text = _present().gettext(message)
    return text.format(**values) if values else text


def _n(one: str, many: str, count: int, /, **values: object) -> str:
    """Translate the message for a count, and fill in the count and other named values.

    >>> _n("{count} month", "{count} months", 1), _n("{count} month", "{count} months", 5)
    ('1 month', '5 months')
    """
    return _present().ngettext(one, many, count).format(count=count, **values)


def _present() -> gettext.NullTranslations:
    """Return the catalogue of the reader's present language."""
    return _translations(tuple(os.environ.get(name) for name in _VARIABLES))


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a message that is translated when it is shown.

    >>> N_("rounds")
    'rounds'
    """
    return message
