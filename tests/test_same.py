"""What ``make same`` rests on: whatever differs in one bit has another fingerprint."""

import numpy as np
import pandas as pd
import pytest

from tests.same import Difference, compare, fingerprint, first_difference

TABLE = pd.DataFrame({"who": ["Bima", None], "trust": [0.3, np.nan], "round": [1, 2]})


def changed(**columns: list[object]) -> pd.DataFrame:
    return TABLE.assign(**columns)


@pytest.mark.parametrize(
    ("other", "where"),
    [
        (changed(trust=[0.1 + 0.2, np.nan]), "row 0, column trust: "),
        (changed(who=["Bima", "Rara"]), "row 1, column who: "),
        (changed(round=[1, 3]), "row 1, column round: "),
        (changed(round=[1.0, 2.0]), "column round: type int64 against float64"),
        (TABLE.rename(columns={"trust": "faith"}), "columns "),
        (TABLE[["trust", "who", "round"]], "columns "),
        (TABLE.head(1), "2 rows against 1"),
        (TABLE.set_index(pd.Index([0, 2])), "row 1, column index"),
        (TABLE.astype({"who": "category"}), "column who: type "),
        ("a text", "DataFrame against str"),
    ],
)
def test_a_changed_table_is_found(other: pd.DataFrame | str, where: str) -> None:
    assert fingerprint(TABLE) != fingerprint(other)
    assert first_difference(TABLE, other).startswith(where)


def test_each_flipped_bit_of_a_number_is_found() -> None:
    for bit in range(64):
        bits = np.array([0.3]).view("u8") ^ np.uint64(1 << bit)
        other = changed(trust=[bits.view("f8")[0], np.nan])
        assert fingerprint(TABLE) != fingerprint(other)
        assert "row 0, column trust" in first_difference(TABLE, other)


def test_the_sign_of_nothing_is_found() -> None:
    above, below = pd.DataFrame({"x": [0.0]}), pd.DataFrame({"x": [-0.0]})
    assert fingerprint(above) != fingerprint(below)
    assert "0.0" in first_difference(above, below)
    assert "-0.0" in first_difference(above, below)


def test_every_nan_is_the_same() -> None:
    other_nan = (np.array([np.nan]).view("u8") ^ np.uint64(1)).view("f8")[0]
    assert np.isnan(other_nan)
    assert fingerprint(TABLE) == fingerprint(changed(trust=[0.3, other_nan]))
    assert fingerprint(TABLE) == fingerprint(TABLE.copy())


def test_texts_and_files_differ_in_a_line() -> None:
    assert fingerprint("a\nb\n") != fingerprint("a\nB\n")
    assert first_difference("a\nb\n", "a\nB\n") == r"line 2: 'b\n' against 'B\n'"
    assert first_difference(b"a\n", b"a\nb\n") == "1 lines against 2"
    assert first_difference(b"a\n", b"a\r\n") == r"line 1: 'a\n' against 'a\r\n'"


def test_what_one_version_lacks_is_named_and_words_do_not_count() -> None:
    found = list(
        compare({"a": "1", "b": "2", "words/c": "3"}, {"b": "2", "words/c": "4", "d": "5"})
    )
    assert found[0] == Difference("a", "exists only in the base")
    assert [difference.name for difference in found] == ["a", "d", "words/c"]
    assert [difference.counts for difference in found] == [True, True, False]
    assert not list(compare({"a": TABLE}, {"a": TABLE.copy()}))
