"""The reader's language is looked up when a sentence is shown."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.base.text import N_, _, _translations


def catalogue(messages: dict[str, str]) -> bytes:
    """A compiled gettext catalogue, as msgfmt would write it."""
    pairs = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **messages}.items())
    texts = [pair[side].encode() for side in (0, 1) for pair in pairs]
    start = 28 + 8 * len(texts)
    places, body = b"", b""
    for text in texts:
        places += struct.pack("<II", len(text), start + len(body))
        body += text + b"\0"
    half = 28 + 4 * len(texts)
    return struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, half, 0, 0) + places + body


@pytest.fixture
def indonesian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "id" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "mufakat.mo").write_bytes(catalogue({"agreement": "mufakat"}))
    monkeypatch.setattr("sim.base.text.LOCALE", tmp_path)
    _translations.cache_clear()
    yield
    _translations.cache_clear()


@pytest.mark.usefixtures("indonesian")
def test_a_sentence_follows_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "id")
    assert _("agreement") == "mufakat"
    monkeypatch.setenv("LANGUAGE", "en")
    assert _("agreement") == "agreement"


@pytest.mark.usefixtures("indonesian")
def test_what_has_no_translation_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "id")
    assert _("deadlock") == "deadlock"
    assert _("") == ""


@pytest.mark.usefixtures("indonesian")
def test_a_marked_text_is_translated_only_when_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "id")
    assert N_("agreement") == "agreement"
    assert _(N_("agreement")) == "mufakat"
