"""Commands, settings and deployments that the files of infra/ name exist."""

import inspect
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prefect.cli
import pytest
import yaml
from prefect.settings import Settings as PrefectSettings

from flows.deployments import evolve_home
from flows.maintenance import maintain_home
from flows.profiles import PROFILES
from tests.docs.pages import lines_of_code
from tests.infra.files import COMPOSE, DEPLOYMENTS, INFRA, KUBERNETES, MANIFESTS, ROOT, compose, every, resources

FLOWS = {flow.fn.__name__: flow for flow in (evolve_home, maintain_home)}
CLI = Path(prefect.cli.__file__).parent
PAGE = ROOT / "docs" / "cluster.md"
FILES = (COMPOSE, *DEPLOYMENTS, *sorted(KUBERNETES.rglob("*.yaml")))


def lines() -> Iterator[str]:
    """Yield what these files run: commands and their arguments, and the commands in comments and on the page."""
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("#   "):
                yield line.removeprefix("#").strip()
    yield from lines_of_code(PAGE)
    for part in every([compose(), resources(*MANIFESTS)]):
        command = part.get("command", [])
        yield " ".join([command] if isinstance(command, str) else [*command, *part.get("args", ())])


def calls() -> list[list[str]]:
    """Return every call of `prefect`, as words after it."""
    found = [call for line in lines() for call in re.findall(r"(?:^|&& |-c |worker )prefect (.*?)(?= && |   |$)", line)]
    return [shlex.split(call.replace("--no-prompt ", "")) for call in found]


def test_every_command_of_prefect_and_every_option_of_it_exists() -> None:
    seen = set()
    for call in calls():
        group, *rest = call
        module = CLI / f"{group.replace('-', '_')}.py"
        source = "".join(
            file.read_text(encoding="utf-8") for file in ([module] if module.exists() else (CLI / group).glob("*.py"))
        )
        assert source, call
        options = [word for word in rest if word.startswith("--")]
        assert [option for option in options if f'"{option}"' not in source] == [], call
        if group != "deploy":
            assert re.search(rf"def {rest[0].replace('-', '_')}\b", source), call
        seen.add(group)
    assert seen >= {"work-pool", "worker", "server", "deploy", "deployment"}


@pytest.mark.parametrize("path", DEPLOYMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_deployment_calls_a_flow_with_parameters_that_it_has(path: Path) -> None:
    for deployment in yaml.safe_load(path.read_text(encoding="utf-8"))["deployments"]:
        module, function = deployment["entrypoint"].split(":")
        flow = FLOWS[function]
        assert Path(inspect.getfile(flow.fn)) == ROOT / module
        flow.validate_parameters(deployment["parameters"])
        assert deployment["parameters"]["profile"] in PROFILES
        file = deployment["parameters"].get("file")
        assert (file == "infra/cluster.toml") == (path.parent != ROOT)
        assert file is None or (ROOT / file).exists()


def test_what_runs_in_the_image_begins_where_its_code_is() -> None:
    (workdir,) = re.findall(r"^WORKDIR (.*)$", (INFRA / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    for path in DEPLOYMENTS[1:]:
        (step,) = yaml.safe_load(path.read_text(encoding="utf-8"))["pull"]
        assert step == {"prefect.deployments.steps.set_working_directory": {"directory": workdir}}


def test_every_setting_of_prefect_that_is_named_exists() -> None:
    known = {name.upper() for name in setting_names(PrefectSettings, "prefect")} | {"PREFECT_KUBERNETES_CLUSTER_UID"}
    text = "".join(path.read_text(encoding="utf-8") for path in (*FILES, PAGE))
    named = set(re.findall(r"\b(PREFECT_[A-Z0-9_]+)\b", text)) - {"PREFECT_PORT"}
    assert len(named) >= 8
    assert sorted(named - known) == []


def setting_names(model: Any, prefix: str) -> set[str]:
    """The environment variables of a model of settings, and of those below it."""
    found = set()
    for name, field in model.model_fields.items():
        aliases = getattr(field.validation_alias, "choices", ())
        found |= {str(alias) for alias in aliases} | {f"{prefix}_{name}"}
        if hasattr(field.annotation, "model_fields"):
            found |= setting_names(field.annotation, f"{prefix}_{name}")
    return found
