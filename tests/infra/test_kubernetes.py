"""The Kubernetes manifests are valid, hang together, keep the UI behind a password and give an evolution time to end."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from prefect.utilities.templating import apply_values

from flows.home.signals import PATIENCE_SECONDS
from tests.infra.files import INFRA, KUBERNETES, MANIFESTS, OVERLAYS, ROOT, every, resources

VERSIONS = ("1.31", "1.37")
"""Of Kubernetes, whose schemas come with kubernetes-validate."""
TEMPLATE = json.loads((KUBERNETES / "base" / "job-template.json").read_text(encoding="utf-8"))
DEPLOYMENTS = yaml.safe_load((KUBERNETES / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
ALL = resources(*MANIFESTS)


def named(kind: str, name: str) -> dict[str, Any]:
    return next(one for one in ALL if one["kind"] == kind and one["metadata"]["name"] == name)


def job_of(deployment: dict[str, Any]) -> dict[str, Any]:
    """The job that the worker makes of a deployment's flow run."""
    defaults = {name: about["default"] for name, about in TEMPLATE["variables"]["properties"].items() if "default" in about}
    given = {"name": "run", "command": ["prefect", "flow-run", "execute"], "labels": {}, "env": []}
    values = {**defaults, **given, **deployment["work_pool"]["job_variables"]}
    made = apply_values(TEMPLATE["job_configuration"], values)
    manifest: dict[str, Any] = made["job_manifest"]
    return manifest


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(KUBERNETES)))
def test_every_manifest_is_valid(path: Path, version: str) -> None:
    for resource in resources(path):
        kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_every_flow_run_becomes_a_valid_job(deployment: dict[str, Any]) -> None:
    variables = deployment["work_pool"]["job_variables"]
    jsonschema.validate(variables, {**TEMPLATE["variables"], "additionalProperties": False})
    job = job_of(deployment)
    for version in VERSIONS:
        kubernetes_validate.validate(job, version, strict=True)
    assert "{{" not in json.dumps(job)


def test_a_wrong_key_would_be_found() -> None:
    with pytest.raises(kubernetes_validate.ValidationError, match="replicsa"):
        kubernetes_validate.validate({**named("Deployment", "worker"), "replicsa": 1}, VERSIONS[0], strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda overlay: overlay.name)
def test_every_overlay_is_built_of_files_that_exist(overlay: Path) -> None:
    for folder in (KUBERNETES / "base", overlay):
        listed = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
        files = [file for one in listed.get("configMapGenerator", ()) for file in one.get("files", ())]
        assert all((folder / name).exists() for name in (*listed["resources"], *files))
        unused = {path.name for path in folder.iterdir()} - {"kustomization.yaml", *listed["resources"], *files}
        assert unused == set()


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda overlay: overlay.name)
def test_every_overlay_as_kubectl_builds_it_is_valid_and_uses_our_image(overlay: Path) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl, which builds overlays")
    built = subprocess.run([kubectl, "kustomize", overlay], capture_output=True, text=True, check=True).stdout
    found = list(yaml.safe_load_all(built))
    for resource in found:
        kubernetes_validate.validate(resource, VERSIONS[-1], strict=True)
    images = {part["image"] for part in every(found) if "image" in part}
    assert TEMPLATE["variables"]["properties"]["image"]["default"] in images
    assert "stargrove" not in images
    maps = {one["metadata"]["name"] for one in found if one["kind"] == "ConfigMap"}
    assert {part["configMap"]["name"] for part in every(found) if "configMap" in part} <= maps


def test_the_image_of_flow_runs_is_that_of_the_overlays() -> None:
    for overlay in OVERLAYS:
        (image,) = yaml.safe_load((overlay / "kustomization.yaml").read_text(encoding="utf-8"))["images"]
        assert f"{image['newName']}:{image['newTag']}" == TEMPLATE["variables"]["properties"]["image"]["default"]


def test_selectors_find_the_pods_that_they_are_meant_for() -> None:
    pods = [one["spec"]["template"]["metadata"]["labels"] for one in ALL if "template" in one.get("spec", {})]
    pods += [job_of(deployment)["spec"]["template"]["metadata"]["labels"] for deployment in DEPLOYMENTS]
    selectors = [one["spec"]["selector"] for one in ALL if "selector" in one.get("spec", {})]
    assert len(selectors) == 6
    for selector in selectors:
        wanted = selector.get("matchLabels", selector)
        assert any(wanted.items() <= labels.items() for labels in pods), wanted


def test_the_budget_keeps_evolutions_and_not_maintenance() -> None:
    (wanted,) = (one["spec"]["selector"]["matchLabels"] for one in ALL if one["kind"] == "PodDisruptionBudget")
    kept = [deployment["name"] for deployment in DEPLOYMENTS if wanted.items() <= labels_of(deployment).items()]
    assert kept == ["single-gpu"]


def labels_of(deployment: dict[str, Any]) -> dict[str, str]:
    labels: dict[str, str] = job_of(deployment)["spec"]["template"]["metadata"]["labels"]
    return labels


def test_an_evolution_has_time_to_end_and_the_gpus_it_asks_for() -> None:
    evolution, maintenance = (job_of(deployment)["spec"]["template"]["spec"] for deployment in DEPLOYMENTS)
    assert evolution["terminationGracePeriodSeconds"] >= 2 * PATIENCE_SECONDS + 20
    assert evolution["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert maintenance["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 0
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in evolution["volumes"] if "emptyDir" not in volume]
    assert claims == [named("PersistentVolumeClaim", "home")["metadata"]["name"]]
    homes = {deployment["parameters"]["home"] for deployment in DEPLOYMENTS}
    (workdir,) = re.findall(r"^WORKDIR (.*)$", (INFRA / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {f"{workdir}/{home}" for home in homes} == {evolution["containers"][0]["volumeMounts"][0]["mountPath"]}


def test_addresses_lead_to_services_and_their_ports() -> None:
    for url in {part["value"] for part in every(ALL) if part.get("name") == "PREFECT_API_URL"}:
        host, port = re.fullmatch(r"http://([\w-]+):(\d+)/api", url).groups()  # type: ignore[union-attr]
        (served,) = named("Service", host)["spec"]["ports"]
        assert served["port"] == int(port)
    assert "@postgres:5432/stargrove" in (INFRA / "cluster.toml").read_text(encoding="utf-8")
    for overlay in OVERLAYS:
        services = [one for one in resources(overlay / "postgres.yaml") if one["kind"] == "Service"]
        assert [one["metadata"]["name"] for one in services] == ["postgres"]
    for one in ALL:
        ports = {
            port["name"]: port["containerPort"]
            for part in every(one)
            for port in part.get("ports", ())
            if "name" in port and "containerPort" in port
        }
        probed = {part["httpGet"]["port"] for part in every(one) if "httpGet" in part}
        assert probed <= set(ports)


def test_the_ui_asks_for_a_password_and_is_no_door_to_the_world() -> None:
    assert {one["spec"].get("type", "ClusterIP") for one in ALL if one["kind"] == "Service"} == {"ClusterIP", "ExternalName"}
    assert not [one for one in ALL if one["kind"] in ("Ingress", "Gateway")]
    (server,) = named("Deployment", "prefect")["spec"]["template"]["spec"]["containers"]
    secret = {"secretKeyRef": {"name": "stargrove", "key": "PREFECT_API_AUTH_STRING"}}
    assert {"name": "PREFECT_SERVER_API_AUTH_STRING", "valueFrom": secret} in server["env"]


def test_every_key_of_the_secret_is_made_by_the_documented_command() -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    made = set(re.findall(r"--from-literal=(\w+)=", page))
    read = {part["secretKeyRef"]["key"] for part in every(ALL) if "secretKeyRef" in part}
    assert read | {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"} <= made
    assert "create secret generic stargrove" in page


def test_every_image_has_a_tag_or_is_ours() -> None:
    images = {part["image"] for part in every(ALL) if isinstance(part.get("image"), str)}
    assert images - {"stargrove"}
    assert all(re.search(r":\d[\w.-]+(@sha256:[0-9a-f]{64})?$", image) for image in images - {"stargrove"})
