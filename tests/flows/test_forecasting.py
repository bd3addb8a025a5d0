"""How a forecast reads: all in one line, and nothing that was not measured as a number."""

from flows.home.forecasting import spoken
from tasks.planning.forecast import Forecast


def test_a_forecast_is_a_sum_and_its_parts() -> None:
    found = [Forecast("rollout", 60.0, 300.0, ""), Forecast("verify", 8.0, 8.0, ""), Forecast("train-ppm", None, None, "")]
    assert (
        spoken(found)
        == "about 1 min 08 s to 5 min 08 s: rollout 1 min 00 s to 5 min 00 s, verify 8.0 s; not measured yet: train-ppm"
    )


def test_what_nothing_tells_is_said_so() -> None:
    found = [Forecast("rollout", None, None, "")]
    assert spoken(found) == "a time that nothing measured so far can tell (not measured yet: rollout)"
