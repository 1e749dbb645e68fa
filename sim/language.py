"""One place where every sentence that a person reads is looked up.

``_("text")`` gives the text in the reader's language, or the text itself where there is no
translation; ``_n("one", "many", count)`` gives the one for that count. ``N_("text")`` only marks a
text: for texts that are written down once (the meaning of a field) and looked up with ``_``
whenever they are shown.
"""

import gettext
import os
from functools import lru_cache
from pathlib import Path

DOMAIN = "mufakat"
LOCALE = Path(__file__).parent / "view" / "locale"
# What gettext itself asks for the reader's language, in its order.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@lru_cache(maxsize=8)
def _translations(wanted: tuple[str | None, ...]) -> gettext.NullTranslations:
    """The catalogue for these values of the language variables."""
    return gettext.translation(DOMAIN, LOCALE, fallback=True)


def _(message: str) -> str:
    """The message in the reader's language; values are filled in afterwards.

    >>> _("{count} rounds").format(count=3)
    '3 rounds'
    """
    if not message:  # gettext answers the empty text with the catalogue's header
        return message
    return _present().gettext(message)


def _n(one: str, many: str, count: int) -> str:
    """The message for so many, in the reader's language; the count is filled in as well.

    >>> _n("{count} month", "{count} months", 1), _n("{count} month", "{count} months", 5)
    ('1 month', '5 months')
    """
    return _present().ngettext(one, many, count).format(count=count)


def _present() -> gettext.NullTranslations:
    """The catalogue of the reader's present language."""
    return _translations(tuple(os.environ.get(name) for name in _VARIABLES))


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a message that is translated when it is shown.

    >>> N_("rounds")
    'rounds'
    """
    return message
