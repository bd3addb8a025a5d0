"""Steps may read the libraries beside them, but not those that make problems or hold their solutions."""

from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from tasks.sandbox.guest.landlock import HIDDEN
from tasks.sandbox.host.open import open_sandbox
from tests.domains.grading import SANDBOX
from tests.sandbox.conftest import Bench


def test_a_library_of_problems_cannot_be_imported_nor_read_and_others_can() -> None:
    spec = find_spec("reasoning_gym")
    assert spec is not None and spec.origin is not None
    assert "reasoning_gym" in HIDDEN
    with closing(open_sandbox(SANDBOX)) as sandbox:
        if not sandbox.isolation.reaches("landlock"):
            pytest.skip(f"files cannot be hidden here: {sandbox.isolation.line}")
        bench = Bench(sandbox)
        reading = bench.run(f"open({spec.origin!r}).read()", tree_id="reading")
        importing = bench.run("import reasoning_gym", tree_id="importing")
        data = bench.run(f"open({str(Path(spec.origin).parent / 'data' / 'words3to10.txt')!r}).read()", tree_id="data")
        others = bench.run("import sympy.ntheory, networkx\nsympy.ntheory.isprime(7)", tree_id="others")
    failures = [one.error.type for one in (reading, importing, data) if one.error is not None]
    assert failures == ["PermissionError"] * 3
    assert (others.outcome, others.value) == ("ok", "True")
