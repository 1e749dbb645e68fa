"""What the project's own documents say of results, tested like anybody's claims."""

from pathlib import Path

import pytest

import sim

pytestmark = pytest.mark.slow


def test_what_the_documents_say_is_supported(root: Path) -> None:
    found = sim.check_claims(root / "tests" / "evidence" / "claims.toml", progress=False)
    print(f"\n{found.told()}")
    assert found.exit_code == 0
