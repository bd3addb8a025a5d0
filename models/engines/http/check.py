"""Are the servers of the settings there, and do they serve what the search will ask of them? Asked before anything starts."""

import asyncio
import math
from dataclasses import dataclass

from models.engines.http.engine import client_for
from models.engines.http.server import PATHS, Server, Use
from models.engines.http.wire import Busy, Failing, Refused, names_stop_strings, read_device, read_logit, read_models
from models.engines.registry import KINDS
from models.engines.settings import EngineSettings
from warehouse.errors import EngineUnavailable


@dataclass(frozen=True, slots=True)
class ServerReport:
    """What a look at one server found. problem: None where it is well."""

    url: str
    use: Use
    problem: str | None = None
    hint: str = ""

    @property
    def line(self) -> str:
        """Which server, and what is wrong."""
        return f"engine.{self.use}_urls: {self.url} {self.problem or f'serves the {self.use}'}"


def look_at_servers(settings: EngineSettings) -> list[ServerReport]:
    """Return a report for each server that the settings name, in their order; none where they name no servers."""
    return asyncio.run(_look_at_all(settings)) if KINDS[settings.kind].asks_servers else []


def require_servers(settings: EngineSettings) -> None:
    """Raise EngineUnavailable where a server cannot be used."""
    wrong = [report for report in look_at_servers(settings) if report.problem]
    if wrong:
        more = f" (and {len(wrong) - 1} more: stargrove doctor lists them)" if len(wrong) > 1 else ""
        raise EngineUnavailable(f"{wrong[0].line}{more}", hint=wrong[0].hint)


def first_served(url: str) -> str:
    """Return the name of the first model that a server of OpenAI's protocol lists. Raises EngineUnavailable without one."""

    async def names() -> list[str]:
        async with client_for("policy") as client:
            return list(read_models(await Server(url, "policy", client).get("/v1/models")))

    try:
        found = asyncio.run(names())
    except (Failing, Refused, Busy) as error:
        problem, hint = _in_words("policy", error)
        raise EngineUnavailable(f"{url} {problem}", hint=hint) from error
    if not found:
        raise EngineUnavailable(f"{url} serves no model", hint="start it with one, or name it: bootstrap.served_model")
    return found[0]


async def _look_at_all(settings: EngineSettings) -> list[ServerReport]:
    async with client_for("policy") as policy_client, client_for("ppm") as ppm_client:
        servers = [Server(url, "policy", policy_client) for url in settings.policy_urls]
        servers += [Server(url, "ppm", ppm_client) for url in settings.ppm_urls]
        return await asyncio.gather(*(_look(server, settings) for server in servers))


async def _look(server: Server, settings: EngineSettings) -> ServerReport:
    try:
        problem, hint = await _first_problem(server, settings)
    except (Failing, Refused, Busy) as error:
        problem, hint = _in_words(server.use, error)
    return ServerReport(server.url, server.use, problem, hint)


async def _first_problem(server: Server, settings: EngineSettings) -> tuple[str | None, str]:
    """Return what is wrong and what to do; None where nothing is."""
    served = read_models(await server.get("/v1/models"))
    model = settings.policy_model if server.use == "policy" else settings.ppm_model
    if settings.weights == "served":
        model = next(iter(served), "")
    if model not in served:
        names = ", ".join(map(repr, served)) or "nothing"
        return f"serves {names}, not {model!r}", f"start it with --served-model-name, or set engine.{server.use}_model"
    context = served[model]
    if context not in (None, settings.max_model_len):
        return (
            f"serves a context of {context} tokens, and engine.max_model_len is {settings.max_model_len}",
            f"start it with --max-model-len {settings.max_model_len}",
        )
    problem, hint = await _probe(server, model)
    if problem is None and settings.weights == "reload":
        return await _reload_problem(server)
    return problem, hint


async def _reload_problem(server: Server) -> tuple[str | None, str]:
    try:
        await server.get("/weight_info")
        device = read_device(await server.describe())
    except (Failing, Refused) as error:
        hint = 'start it with VLLM_SERVER_DEV_MODE=1 in its environment, or set engine.weights = "served"'
        return f"cannot load the weights of a round ({error})", hint
    if device == "cpu" and server.use == "policy":
        # vLLM 0.32: an output layer that shares the weights of the embedding goes on with the packed copy of those before.
        return "computes on a CPU, where vLLM keeps a part of the weights it had before", 'set engine.weights = "served"'
    return None, ""


async def _probe(server: Server, model: str) -> tuple[str | None, str]:
    """Ask for one token or one score, and see whether the reply tells what the search needs."""
    content = await server.probe(model)
    if server.use == "policy" and not names_stop_strings(content):
        return "does not say which stop string ended a completion", "serve the policy with vLLM or SGLang"
    if server.use == "ppm" and math.isnan(read_logit(content)):
        return "gives NaN as a score", "its weights are broken; train the PPM again"
    return None, ""


def _in_words(use: Use, error: Failing | Refused | Busy) -> tuple[str, str]:
    if isinstance(error, Failing) and error.refuses_key:
        return f"refuses the key ({error})", f"set STARGROVE_{use.upper()}_API_KEY"
    if isinstance(error, Failing) and error.status == 404:
        how = {"policy": "serve a model that generates", "ppm": "serve the PPM with vLLM and --runner pooling"}[use]
        return f"lacks {PATHS[use]} ({error})", how
    if isinstance(error, Failing) and error.status is None:
        return f"cannot be used ({error})", "start it, and check the address and the network"
    return f"cannot serve the {use} ({error})", "see the server's own log"
