"""Settings of serving: which engine proposes steps and scores prefixes, and how large it may grow. No torch here."""

import os
import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from models.engines.registry import KINDS
from warehouse.no_data import SPEED, Later
from warehouse.registered import registered


class EngineSettings(BaseModel):
    """How the policy and the PPM are served. Defaults: the tiny model on two CPU cores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Annotated[str, registered(KINDS)] = "vllm"
    """vllm: continuous batching. vllm-async: policy and PPM in vLLM processes of their own that compute at the same time, for
    GPUs. http: servers that run already. transformers: slow and simple, for machines without vLLM."""

    n_processes: Annotated[int, SPEED] = Field(default=2, ge=0, le=64)
    """Processes that each hold the policy and the PPM and share the requests; 0: the calling process drives the engine. Of
    no use to the kind http."""

    policy_gpus: Annotated[tuple[str, ...], SPEED] = ()
    """The GPU of each process's policy, one entry per process: "0", or "0,1" for a policy that is split over two (vllm-async
    only); none: the first GPU that the environment shows."""

    ppm_gpus: Annotated[tuple[str, ...], SPEED] = ()
    """The same for the PPM, where it lives apart (vllm-async only); none: those of the policy."""

    stall_seconds: Annotated[float, SPEED] = Field(default=300.0, gt=0)
    """A process that owes answers and says nothing for so long is replaced, and its requests are repeated."""

    dtype: Literal["float32", "bfloat16"] = "float32"
    """float32 gives the same tokens whatever else is in the batch; bfloat16 is for GPUs, where memory decides."""

    quantization: Annotated[Literal["none", "int8"], Later("none")] = "none"
    """int8: the policy's matrix products in 8-bit integers, for the kind vllm with bfloat16 on a CPU. What it gains and what it
    costs in accuracy: docs/measurements.md."""

    max_model_len: int = Field(default=512, ge=32)
    """Tokens of the longest prefix and its continuation. A longer prompt is rejected."""

    max_num_seqs: Annotated[int, SPEED] = Field(default=256, ge=1)
    """Candidates generated at once, by each server of kind http; more wait in the engine's queue."""

    max_batched_tokens: Annotated[int, SPEED] = Field(default=4096, ge=32)
    """Tokens of one turn of the engine, prompts that are read included; never less than max_model_len."""

    kv_cache_mib: Annotated[int, SPEED] = Field(default=128, ge=16)
    """Memory for the attention keys and values of the policy. On a GPU too."""

    ppm_kv_cache_mib: Annotated[int, SPEED] = Field(default=128, ge=16)
    """The same for the PPM. Two models on one GPU fit when their weights and these two do."""

    n_threads: Annotated[int, SPEED] = Field(default=1, ge=1)
    """CPU threads of one matrix operation. The tiny model is too small to share between threads."""

    score_cache_size: Annotated[int, SPEED] = Field(default=200_000, ge=0)
    """Prefixes whose PPM score is remembered until the PPM changes; about 300 bytes each."""

    policy_urls: Annotated[tuple[str, ...], SPEED] = ()
    """Servers of the policy, for the kind http, such as "http://gpu-1:8000". Keys come from the environment variable
    STARGROVE_POLICY_API_KEY, never from here."""

    ppm_urls: Annotated[tuple[str, ...], SPEED] = ()
    """Servers of the PPM, which need /classify. Key: STARGROVE_PPM_API_KEY."""

    policy_model: Annotated[str, SPEED] = Field(default="policy", min_length=1)
    """The name under which the servers must serve the policy where weights = "reload"."""

    ppm_model: Annotated[str, SPEED] = Field(default="ppm", min_length=1)
    """The name under which the servers must serve the PPM where weights = "reload"."""

    weights: Annotated[Literal["reload", "served", "held"], SPEED] = "reload"
    """reload: each round's checkpoint directory is loaded by the running vLLM servers, which must see the home. served: the
    servers serve every checkpoint under its id by themselves; one that does not is refused. held: they keep what they have,
    which is meant for a model that nobody trains."""

    queue_timeout_seconds: Annotated[float, SPEED] = Field(default=600.0, gt=0)
    """How long requests may wait while every server is down, full or says 429, before the engine counts as unavailable."""

    generation_timeout_seconds: Annotated[float, SPEED] = Field(default=300.0, gt=0)
    """How long a server may take for one request, from sending to the whole answer, before it is sent to another."""

    max_attempts: Annotated[int, SPEED] = Field(default=8, ge=1, le=100)
    """Times that one request is sent before its failure counts as the fleet's. A 429 is no attempt."""

    requests_per_second: Annotated[float, SPEED] = Field(default=0.0, ge=0)
    """Most requests sent per second to the servers of the policy, and again to those of the PPM; 0: as many as they take."""

    @field_validator("policy_urls", "ppm_urls")
    @classmethod
    def _without_secrets(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{url!r} is no address of a server; write it as http://host:port")
            if parts.username is not None or parts.password is not None or parts.query:
                raise ValueError(
                    f"the address of {parts.hostname} holds a secret, and settings are stored; use the environment"
                )
        return tuple(url.rstrip("/") for url in urls)

    @field_validator("policy_gpus", "ppm_gpus")
    @classmethod
    def _are_numbers(cls, gpus: tuple[str, ...]) -> tuple[str, ...]:
        for entry in gpus:
            if not re.fullmatch(r"\d+(,\d+)*", entry):
                raise ValueError(f'{entry!r} names no GPU; write "0", or "0,1" for a model that is split over two')
        return gpus

    @model_validator(mode="after")
    def _gpus_fit_the_processes(self) -> Self:
        n_processes = max(1, self.n_processes)
        for name, gpus in (("policy_gpus", self.policy_gpus), ("ppm_gpus", self.ppm_gpus)):
            if gpus and KINDS[self.kind].gpus == "none":
                able = " and ".join(kind for kind, about in KINDS.items() if about.gpus != "none")
                raise ValueError(f'{name} is for the kinds {able}, not for "{self.kind}"')
            if gpus and len(gpus) != n_processes:
                raise ValueError(f"{name} has {len(gpus)} entries for {n_processes} processes; give one for each (n_processes)")
        if KINDS[self.kind].gpus == "one" and (self.ppm_gpus or any("," in entry for entry in self.policy_gpus)):
            able = " or ".join(f'"{kind}"' for kind, about in KINDS.items() if about.gpus == "several")
            raise ValueError(f"a PPM apart, or a model over several GPUs, needs kind = {able}")
        return self

    @model_validator(mode="after")
    def _integers_have_a_kernel(self) -> Self:
        if self.quantization == "int8" and (self.kind, self.dtype) != ("vllm", "bfloat16"):
            raise ValueError('quantization = "int8" needs kind = "vllm" and dtype = "bfloat16"')
        return self

    @model_validator(mode="after")
    def _servers_are_named(self) -> Self:
        if KINDS[self.kind].asks_servers and not (self.policy_urls and self.ppm_urls):
            lacking = "ppm_urls" if self.policy_urls else "policy_urls"
            raise ValueError(f'kind = "{self.kind}": {lacking} names no server; give at least one')
        return self

    @property
    def takes_every_core(self) -> bool:
        """Whether each operation is shared between all cores of this machine: what computes beside it makes both wait."""
        return self.n_threads >= max(2, len(os.sched_getaffinity(0)))

    def of_process(self, index: int) -> "EngineSettings":
        """Return the settings of one of the n_processes processes: with its own GPUs alone."""
        mine = {"policy_gpus": self.policy_gpus[index : index + 1], "ppm_gpus": self.ppm_gpus[index : index + 1]}
        return self.model_copy(update={**mine, "n_processes": 1})
