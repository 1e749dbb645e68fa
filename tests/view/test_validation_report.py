"""The report on a validation: what it says, and that it is one sound page."""

import re

import pytest

import sim
from sim import Validation
from sim.evidence.targets import DIRECTIONS, NOT_FOR, STAGED, TARGETS, THE_DATA, VARIANTS
from sim.evidence.validate import CONSISTENT, INSIDE
from sim.view.report.validation import validation_page
from tests.view.test_report import sound, words


@pytest.fixture(scope="module")
def found() -> Validation:
    return sim.validate(runs=60, progress=False)


@pytest.fixture(scope="module")
def text(found: Validation) -> str:
    return validation_page(found)


def test_it_is_one_sound_page_that_needs_nothing_else(text: str) -> None:
    read = sound(text)
    assert len(read.of("svg")) == 3
    told = [data.strip() for tag, data in read.inside if tag == "desc"]
    assert all(len(message) > 40 for message in told)
    assert "http" not in text
    assert len(text) < 1_000_000


def test_the_same_validation_gives_the_same_bytes(found: Validation, text: str) -> None:
    assert validation_page(found) == text


def test_all_28_stand_there_with_their_verdicts(found: Validation, text: str) -> None:
    said = words(text)
    for item, verdict in zip((*TARGETS, *DIRECTIONS), found.verdicts()["verdict"], strict=True):
        name = item.name if item in TARGETS else item.claim
        assert " ".join(name.split()) in said
        if verdict not in (INSIDE, CONSISTENT):
            assert f"{item.id} " in said
            assert item.why in said
    assert found.in_short() in said
    badges = re.findall(r'<span class="badge (\w+)">', text)
    assert {"better", "worse", "open"} <= set(badges)


def test_data_stagings_variants_and_limits_are_told(text: str) -> None:
    said = words(text)
    assert all(sentence in said for sentence in (*THE_DATA, *NOT_FOR))
    assert all(name in said for name in (*STAGED, *VARIANTS))
    assert "stop_when_covered = false" in said
    assert "data 5%" in said
    assert "doi:10.1073/pnas.1102493108" in said


def test_nothing_is_wider_than_a_telephone(text: str) -> None:
    """What cannot be broken, a DOI or a table of numbers, is breakable or scrolls by itself."""
    claims = text.split(">The claims<")[1].split("</table>")[0]
    assert claims.count('class="unit source"') == len(DIRECTIONS)
    assert ".source { overflow-wrap: anywhere; }" in text
    assert "max-width: min(46rem, 100vw - 3rem)" in text  # of captions


def test_it_says_how_to_repeat_it(found: Validation, text: str) -> None:
    assert "sim.validate(runs=60, seed=1)" in words(text)
