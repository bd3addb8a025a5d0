"""Put the pictures of an evolution into the Prefect UI, under keys that stay, so that each round is a new version of them."""

import re

from prefect.artifacts import create_image_artifact

from flows.display.pictures.evolution_curve import evolution_svg
from flows.display.pictures.lineage_picture import lineage_svg
from flows.display.pictures.reading import EvolutionState, read_state
from flows.display.pictures.svg import data_url
from warehouse.store.lake import Warehouse


def publish_pictures(lake: Warehouse, run_name: str) -> None:
    """Publish lineage and evolution curve as they stand now. Call it within a flow or task run."""
    for key, svg, description in pictures(read_state(lake), run_name):
        create_image_artifact(image_url=data_url(svg), key=key, description=description)


def pictures(state: EvolutionState, run_name: str) -> list[tuple[str, str, str]]:
    """Return (artifact key, SVG, description) of each picture."""
    return [
        (
            artifact_key(run_name, "lineage"),
            lineage_svg(state.lineages, state.base_id, state.base_pass_1, f"{run_name}: lineage"),
            "Which checkpoints searched each round, what they found, and what was trained on it.",
        ),
        (
            artifact_key(run_name, "evolution-curve"),
            evolution_svg(state.summaries, f"{run_name}: evolution"),
            "Coverage of the training problems and accuracy on held-out problems, round by round.",
        ),
    ]


def artifact_key(run_name: str, what: str) -> str:
    """Return a key as Prefect wants it: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", f"{run_name}-{what}".lower()).strip("-")
