"""The expectations of the three gates. Only what belongs to the round is looked at."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from warehouse.gates.expectations import Allowed, EveryRow, Expectation, Figure, Limits, NoRows
from warehouse.gates.settings import GateSettings
from warehouse.records import Ending, Outcome, PairKind, Split, Verdict

Gate = Literal["ingest", "training-data", "promotion"]

_NONE: Final = ("none",)
"""What the queries say in place of null where null is right."""


def ingest(settings: GateSettings) -> tuple[Expectation, ...]:
    """Return what must hold of the problems before anything is searched."""
    problems, figures = "problems", "ingest_figures"
    quarantined = Limits(maximum=settings.max_quarantined_share)
    return (
        EveryRow("every problem is there once", problems, problems, "n_of_problem", Limits(1, 1)),
        EveryRow("statements are not empty", problems, problems, "n_statement_chars", Limits(1)),
        EveryRow("answers are not empty", problems, problems, "n_answer_chars", Limits(1)),
        EveryRow("splits are known", problems, problems, "split", Allowed(get_args(Split))),
        Figure("there are training problems", figures, problems, "n_train", Limits(1), "sources"),
        Figure("there are validation problems", figures, problems, "n_validation", Limits(1), "sources"),
        Figure("few rows are in quarantine", figures, "quarantine", "quarantined_share", quarantined, "quarantined_rows"),
        *_decontaminated(settings),
    )


def _decontaminated(settings: GateSettings) -> tuple[Expectation, ...]:
    figures, repeats = "ingest_figures", "near_duplicates"
    refused = Limits(maximum=settings.max_contaminated_share)
    held_out = Limits(maximum=settings.max_near_held_out_share)
    train = Limits(maximum=settings.max_near_duplicate_share)
    near_held_out = "few training problems nearly repeat a held-out problem"
    near_train = "few training problems nearly repeat each other"
    return (
        NoRows("no training problem repeats a test problem", "contaminated_problems", "problems", "statement"),
        Figure("few problems repeated test problems", figures, "quarantine", "contaminated_share", refused, "refused_problems"),
        Figure(near_held_out, figures, repeats, "near_held_out_share", held_out, "near_held_out"),
        Figure(near_train, figures, repeats, "near_duplicate_share", train, "near_duplicates"),
    )


def training_data(settings: GateSettings) -> tuple[Expectation, ...]:
    """Return what must hold of a round's trees, SFT examples and preference pairs before anything is trained.

    The amounts come first: where nothing was solved, that is the reason to show.
    """
    return (*_amounts(settings), *_nodes(), *_trajectories(), *_sft_examples(settings), *_preference_pairs())


def promotion(settings: GateSettings, figures: Mapping[str, object]) -> tuple[Expectation, ...]:
    """Return what must hold of a round's candidates. figures: the row of promotion_figures, which holds the current values."""
    query, evidence = "promotion_figures", "promotion_evidence"
    current = _number(figures["current_pass_1"])
    solved_before = _number(figures["n_solved_before"])
    minimum = 0.0 if current is None else max(0.0, current - settings.pass_1_tolerance)
    current_remark = "nothing to compare with: the current policy has no evaluation on the validation split"
    if current is not None:
        current_remark = f"current {current:.4g}, tolerance {settings.pass_1_tolerance:.4g}"
    expectations: list[Expectation] = [
        Figure(
            "greedy pass@1 on the validation split does not fall",
            query,
            "evaluations",
            "candidate_pass_1",
            Limits(minimum),
            evidence,
            current_remark,
        ),
        Figure(
            "no solved problem is lost (cumulative coverage)",
            query,
            "verifications",
            "n_solved",
            Limits(solved_before or 0),
            "coverage",
            "counted by the promotion gates of earlier rounds",
        ),
    ]
    if figures["candidate_ppm_id"] is not None:
        limits = Limits(settings.min_ppm_pair_accuracy)
        claim = "the PPM orders held-out pairs rightly"
        expectations.append(Figure(claim, query, "evaluations", "ppm_pair_accuracy", limits, evidence))
    evaluations = "evaluations"
    expectations.append(EveryRow("metrics are shares", evaluations, evaluations, "value", Limits(0, 1)))
    expectations.append(EveryRow("metrics are over problems", evaluations, evaluations, "n_problems", Limits(1)))
    return tuple(expectations)


def _amounts(settings: GateSettings) -> tuple[Expectation, ...]:
    figures = "training_figures"
    n_examples, n_pairs = Limits(settings.min_sft_examples), Limits(settings.min_preference_pairs)
    differing = Limits(maximum=settings.max_replay_differs_share)
    return (
        Figure("enough SFT examples", figures, "sft_examples", "n_sft_examples", n_examples, "endings"),
        Figure("enough preference pairs", figures, "preference_pairs", "n_preference_pairs", n_pairs, "endings"),
        Figure("replays agree", figures, "verifications", "replay_differs_share", differing, "replay_differences"),
    )


def _nodes() -> tuple[Expectation, ...]:
    trees, nodes = "trees", "nodes"
    return (
        NoRows("every row belongs to a committed batch", "uncommitted_batches", "batches", "batch_id"),
        EveryRow("a tree has one problem", trees, nodes, "n_problems", Limits(1, 1)),
        EveryRow("a tree has one root", trees, nodes, "n_roots", Limits(1, 1)),
        EveryRow("no node is there twice", trees, nodes, "n_repeated_nodes", Limits(0, 0)),
        EveryRow("no node is missing", trees, nodes, "n_missing_nodes", Limits(0, 0)),
        EveryRow("n_visits >= n_correct + n_wrong >= 0", nodes, nodes, "n_least_visits", Limits(0)),
        EveryRow("Q-values are in range", nodes, nodes, "q_value", Limits(-1, 1)),
        EveryRow("PPM scores are in range", nodes, nodes, "ppm_score", Limits(-1, 1)),
        EveryRow("outcomes are known", nodes, nodes, "outcome", Allowed(get_args(Outcome))),
        EveryRow("endings are known", nodes, nodes, "ending", Allowed(get_args(Ending) + _NONE)),
        EveryRow("verdicts are known", nodes, nodes, "verdict", Allowed(get_args(Verdict) + _NONE)),
    )


def _trajectories() -> tuple[Expectation, ...]:
    table = "trajectories"
    return (
        EveryRow("no trajectory is there twice", table, table, "n_of_trajectory", Limits(1, 1)),
        EveryRow("mean Q-values are in range", table, table, "mean_q", Limits(-1, 1)),
        EveryRow("verdicts of trajectories are known", table, table, "verdict", Allowed(get_args(Verdict) + _NONE)),
        EveryRow("trajectories fit their trees", table, table, "fits_its_tree", Allowed(("yes",))),
    )


def _sft_examples(settings: GateSettings) -> tuple[Expectation, ...]:
    table = "sft_examples"
    most = Limits(1, settings.max_sft_examples_per_problem)
    verified, correct = "verified_trajectories", Allowed(("correct",))
    always = (
        EveryRow("SFT examples are of training problems", table, table, "split", Allowed(("train",))),
        EveryRow("few SFT examples per problem", table, table, "n_of_problem", most),
        EveryRow("no trajectory is an SFT example twice", table, table, "n_of_trajectory", Limits(1, 1)),
    )
    if not settings.require_verified:
        return always
    return (
        *always,
        EveryRow("SFT examples are correct", table, table, "verdict", correct),
        EveryRow("SFT examples are verified", table, table, "verification", Allowed(("verified",))),
        EveryRow("verified trajectories are correct", verified, "verifications", "verdict", correct),
    )


def _preference_pairs() -> tuple[Expectation, ...]:
    table = "preference_pairs"
    return (
        EveryRow("chosen_q > rejected_q", table, table, "q_margin", Limits(0, exclusive=True)),
        EveryRow("weights are in (0, 1]", table, table, "weight", Limits(0, 1, exclusive=True)),
        EveryRow("both nodes of a pair continue one prefix", table, table, "shares_prefix", Allowed(("yes",))),
        EveryRow("kinds of pairs are known", table, table, "kind", Allowed(get_args(PairKind))),
        EveryRow("pairs are of training problems", table, table, "split", Allowed(("train",))),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
