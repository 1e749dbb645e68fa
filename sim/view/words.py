"""Words and number formats that minutes, plots, reports and the dashboard share."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.base import __version__
from sim.base.text import N_, _, _n
from sim.scenario import SECTORS, Axis, Scenario

if TYPE_CHECKING:
    from jinja2 import Environment

SECTOR_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "government": N_("government"),
        "private": N_("private sector"),
        "community": N_("community"),
        "civil_society": N_("civil society"),
    }
)
SECTORS_IN_A_SENTENCE: Mapping[str, str] = MappingProxyType(
    {**SECTOR_NAMES, "private": N_("the private sector"), "community": N_("the community")}
)
KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {"funds": N_("funds"), "capacity": N_("capacity"), "network": N_("network")}
)
PHASE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "listening": N_("listening"),
        "debate": N_("debate"),
        "planning": N_("planning"),
        "action": N_("action"),
    }
)
FEW_NAMES = 4  # names in a sentence before the others are only counted
MIN_SHARE = 0.0005  # a smaller share would be written 0.0%
MIN_SHOWN = 0.005  # a smaller number would be written 0.00, a smaller share 0%


def sector_name(sector: str) -> str:
    """Return the name of a sector.

    >>> sector_name("civil_society")
    'civil society'
    """
    return _(SECTOR_NAMES[sector])


def the_sector(sector: str) -> str:
    """Return the name of a sector with its article, for use in a sentence.

    >>> the_sector("private")
    'the private sector'
    """
    return _(SECTORS_IN_A_SENTENCE[sector])


def stakeholder_name(scenario: Scenario, name: str) -> str:
    """Return a stakeholder's listed name, or the name of its sector and its number.

    >>> stakeholder_name(Scenario(), "civil_society 3")
    'civil society 3'
    """
    if scenario.listed is None:
        sector, _space, number = name.rpartition(" ")
        if sector in SECTORS:
            return f"{sector_name(sector)} {number}"
    return " ".join(name.split())


def option_name(options: pd.DataFrame, problem: int, number: int) -> str:
    """Return an option's listed name in quotation marks, or its number.

    Parameters
    ----------
    options
        The table ``Run.options``.
    problem, number
        Number of the problem, and of the option in it.
    """
    row = options[(options["problem"] == problem) & (options["option"] == number)].iloc[0]
    if isinstance(row["name"], str):
        return f"“{' '.join(row['name'].split())}”"
    return _("option {number}", number=number)


def share(value: float) -> str:
    """Format a share in per cent, with a decimal near 0 and 1.

    >>> share(0.625), share(1.0), share(0.004)
    ('62%', '100%', '0.4%')
    """
    if MIN_SHARE < value < 0.01 or 0.99 < value < 1 - MIN_SHARE:  # not none, not all
        return f"{value:.1%}"
    return f"{value:.0%}"


def worth(value: float) -> str:
    """Format a number from 0 to 1, such as a worth, trust or an expectation.

    >>> worth(0.6180339)
    '0.62'
    """
    return f"{value:.2f}"


def amount(value: float) -> str:
    """Format a difference between two numbers from 0 to 1; only an exact zero is shown as 0.00.

    >>> amount(0.0502), amount(0.0031)
    ('0.05', 'less than 0.01')
    """
    if 0 < value < 0.01:
        return _("less than 0.01")
    return worth(value)


def distinct(
    value: float, bound: float, *, digits: Iterable[int] = (2, 3, 4), kind: str = "f"
) -> tuple[str, str]:
    """Format two numbers with as many digits as it takes to see that they differ.

    Parameters
    ----------
    value, bound
        The two numbers.
    digits
        Numbers of decimals to try, in this order.
    kind
        ``"f"`` for numbers, ``"%"`` for shares in per cent.

    >>> distinct(0.37, 0.43), distinct(0.4377, 0.4407)
    (('0.37', '0.43'), ('0.438', '0.441'))
    >>> distinct(0.598, 0.6, digits=range(4), kind="%")
    ('59.8%', '60.0%')
    """
    for places in digits:
        texts = f"{value:.{places}{kind}}", f"{bound:.{places}{kind}}"
        if texts[0] != texts[1] or value == bound:
            break
    return texts


def axis_name(axis: Axis) -> str:
    """Return the name of an axis of the policy plane, with the meaning of its ends if given.

    >>> axis_name(Axis(name="Whom the water is for", low="villages", high="industry"))
    'Whom the water is for (0: villages, 1: industry)'
    """
    if not axis.low or not axis.high:
        return axis.name
    return _("{name} (0: {low}, 1: {high})", name=axis.name, low=axis.low, high=axis.high)


def several(items: Iterable[str], most: int = FEW_NAMES) -> str:
    """Join items for a sentence: all of them, or the first ones and the number of the others.

    >>> several(["Bima", "Rara", "Sena"])
    'Bima, Rara and Sena'
    >>> several("ABCDEFG", most=3)
    'A, B, C and 4 others'
    """
    listed = list(items)
    if len(listed) > most + 1:  # "and 1 other" would be no shorter
        rest = len(listed) - most
        listed = [*listed[:most], _n("{count} other", "{count} others", rest)]
    if len(listed) < 2:
        return "".join(listed)
    return _("{first} and {last}", first=", ".join(listed[:-1]), last=listed[-1])


def months(first: int, last: int) -> str:
    """Return the words for a span of rounds.

    >>> months(3, 3), months(3, 9)
    ('month 3', 'months 3 to 9')
    """
    if first == last:
        return _("month {month}", month=first)
    return _("months {first} to {last}", first=first, last=last)


def escaped(text: str) -> str:
    r"""Escape a text for Markdown: none of it becomes formatting, HTML or the start of a list.

    >>> print(escaped("The <b>*Twelve*</b>"), escaped("1. Ward"))
    The \<b\>\*Twelve\*\</b\> 1\. Ward
    """
    text = re.sub(r"([\\`*_\[\]<>|#~$&])", r"\\\1", text)
    return re.sub(r"^(\d*)([-+.)])", r"\1\\\2", text)


def times(count: int) -> str:
    """Return a number of times in words.

    >>> times(1), times(4)
    ('1 time', '4 times')
    """
    return _n("{count} time", "{count} times", count)


def fill(
    text: str, rows: Iterable[Mapping[str, Any]], **formats: Callable[[Any], str]
) -> list[str]:
    """Return a text with the values of each row filled in.

    Parameters
    ----------
    text
        With the columns of the rows as names in braces.
    rows
        The values.
    formats
        Functions that turn the values of some columns into words.

    Examples
    --------
    >>> fill("{name} ({trust})", [{"name": "Bima", "trust": 0.5}], trust=share)
    ['Bima (50%)']
    """
    return [
        text.format(**{name: formats.get(name, str)(value) for name, value in row.items()})
        for row in rows
    ]


@cache
def _environment() -> "Environment":
    """Return what templates share: gettext, numbers in words, and escaped values in HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("sim.view"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shared = (amount, fill, several, share, the_sector, times, worth)
    environment.globals.update({function.__name__: function for function in shared})
    environment.globals.update(_=_, _n=_n, version=__version__)
    return environment


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return a template of ``sim/view/templates`` with these values filled in."""
    return _environment().get_template(template).render(values) + "\n"


def sentences(template: str, values: Mapping[str, Any]) -> list[str]:
    """Return the lines of a template of the minutes that are not empty."""
    lines = render(f"minutes/{template}.md.j2", values).splitlines()
    return [line.strip() for line in lines if line.strip()]
