"""The kinds of problem by name, for `problems.domain`. To add one: a folder beside this file, and a row here."""

from typing import Final

from tasks.domains.base import ProblemDomain
from tasks.domains.mathematics.domain import Mathematics
from tasks.domains.programs.domain import Programs
from tasks.domains.reasoning_gym.domain import ReasoningGym

DOMAINS: Final[dict[str, ProblemDomain]] = {
    "mathematics": Mathematics(),
    "programs": Programs(),
    "reasoning-gym": ReasoningGym(),
}
