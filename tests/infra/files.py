"""The files that start Stargrove elsewhere, parsed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
KUBERNETES = INFRA / "kubernetes"
COMPOSE = INFRA / "compose.yaml"
DEPLOYMENTS = (ROOT / "prefect.yaml", INFRA / "prefect.yaml", KUBERNETES / "prefect.yaml")
OVERLAYS = tuple(sorted((KUBERNETES / "overlays").iterdir()))
MANIFESTS = tuple(
    path for path in sorted(KUBERNETES.rglob("*.yaml")) if path.name != "kustomization.yaml" and path not in DEPLOYMENTS
)


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def resources(*paths: Path) -> list[dict[str, Any]]:
    """Return the Kubernetes resources of manifests."""
    return [resource for path in paths for resource in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def every(part: object) -> Iterator[dict[str, Any]]:
    """Yield all mappings in a piece of YAML, at any depth."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from every(value)
    elif isinstance(part, list):
        for value in part:
            yield from every(value)
