"""Where another suite and this grader differ, the way the case was made says that this grader is right."""

from pathlib import Path

import pytest

from tests.benchmarks.grading import made_cases, reference_answers
from tests.benchmarks.grading_mutants import MUTANTS
from tests.benchmarks.grading_peers import PEERS, disagreements
from tests.benchmarks.grading_rewritings import REWRITINGS


@pytest.mark.parametrize("name", PEERS)
def test_peers_are_right_in_few_of_the_disagreements(name: str, real_data: Path) -> None:
    try:
        peer = PEERS[name]()
    except ImportError as error:
        pytest.skip(f"{name} is not installed: {error}")
    references = [answer for answers in reference_answers(real_data).values() for answer in answers]
    for rules, is_equal in ((REWRITINGS, True), (MUTANTS, False)):
        cases = made_cases(references, rules, 3)
        found = disagreements(peer, cases, is_equal=is_equal)
        peer_is_right = [one for one in found if one.peer_says == one.is_equal]
        assert len(peer_is_right) <= 0.01 * len(cases), peer_is_right
