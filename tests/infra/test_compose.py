"""The compose file is valid, restarts what dies, pins its images, shows its UI to nobody else, and registers deployments."""

import re
import tomllib

import compose_spec
import pytest

from flows.home.signals import PATIENCE_SECONDS
from tests.infra.files import COMPOSE, INFRA, compose
from warehouse.settings import WarehouseSettings

TEXT = COMPOSE.read_text(encoding="utf-8")
SERVICES = compose()["services"]
PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
TAG_ONLY = ("prefecthq/prefect:3.7.7-python3.11", "stargrove:cpu")
"""No digest is known of the first; the second is built here."""


def parsed(text: str) -> compose_spec.PyCompose:
    # The library takes a tag or a digest; Docker takes both.
    found = compose_spec.PyOptions(apply_merge=True).from_yaml(re.sub(r":[\w.-]+@sha256", "@sha256", text))
    found.validate()
    return found


def test_it_is_valid_and_a_wrong_key_would_not_be() -> None:
    assert set(parsed(TEXT).service_names()) == set(SERVICES)
    with pytest.raises(ValueError, match="inti"):
        parsed(TEXT.replace("    init: true", "    inti: true"))


def test_every_image_is_pinned() -> None:
    images = {name: service["image"] for name, service in SERVICES.items()}
    assert len(images) == len(SERVICES) == 6
    assert {image for image in images.values() if not PINNED.fullmatch(image)} == set(TAG_ONLY)


def test_whatever_dies_is_started_again() -> None:
    one_shot = {"bucket", "deployments"}
    assert {name: service["restart"] for name, service in SERVICES.items()} == {
        name: "on-failure" if name in one_shot else "unless-stopped" for name in SERVICES
    }
    awaited = {
        name
        for service in SERVICES.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    assert awaited == one_shot


def test_ports_are_open_to_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:4200:4200"]


def test_the_worker_has_time_to_end_its_evolution() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "60s"
    assert 2 * PATIENCE_SECONDS + 20 <= 60


def test_the_settings_of_the_cluster_lead_to_its_services() -> None:
    settings = WarehouseSettings.model_validate(
        tomllib.loads((INFRA / "cluster.toml").read_text(encoding="utf-8"))["warehouse"]
    )
    assert settings.catalog == "postgresql://stargrove@postgres:5432/stargrove" and "postgres" in SERVICES
    assert settings.data.startswith("s3://stargrove/") and SERVICES["bucket"]["entrypoint"][2].endswith("s3/stargrove")
    environment = SERVICES["worker"]["environment"]
    assert environment["AWS_ENDPOINT_URL_S3"] == "http://minio:9000"
    assert environment["PREFECT_API_URL"] == "http://prefect:4200/api"


def test_every_variable_that_it_reads_is_explained_at_its_head() -> None:
    read = set(re.findall(r"\$\{(\w+)", TEXT))
    head = TEXT.partition("name: stargrove")[0]
    assert read == {"STARGROVE_PASSWORD", "STARGROVE_S3_SECRET", "STARGROVE_COMMIT"}
    assert all(f"{name}=" in head for name in read)
