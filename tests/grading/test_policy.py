"""The policy, one test a setting: what is equal where people differ."""

import pytest

from tasks.grading.equality.algebra import NumericAlgebra
from tasks.grading.equality.table import decide as decide_under
from tasks.grading.settings import GradingSettings


def verdict(answer: str, reference: str, **policy: str) -> bool | None:
    settings = GradingSettings.model_validate(policy)
    return decide_under(answer, reference, settings, NumericAlgebra()).equal


def test_an_exact_value_equals_the_decimal_that_the_reference_shows_of_it() -> None:
    assert verdict("1/3", "0.333") is True
    assert verdict(r"\sqrt{2}", "1.414") is True
    assert verdict("e^{-2}", "0.1353") is True
    assert verdict("1/3", "0.334") is False


def test_a_decimal_that_the_reference_does_not_show_is_no_exact_value() -> None:
    assert verdict("0.333", "1/3") is False
    assert verdict("1.414", r"\sqrt{2}") is False


def test_two_digits_are_too_few_to_tell() -> None:
    assert verdict("1/3", "0.33") is None
    assert verdict("4/7", "0.6") is None


def test_a_decimal_never_rounds_to_another_decimal() -> None:
    assert verdict("0.3333", "0.333") is False
    assert verdict("377/500", "0.75") is False


def test_decimals_may_be_exact_alone() -> None:
    assert verdict("1/3", "0.333", decimals="exact") is False
    assert verdict("1/4", "0.25", decimals="exact") is True


@pytest.mark.parametrize(("setting", "half", "fifty"), [("value", True, None), ("strict", False, False), ("loose", True, True)])
def test_a_percent_is_its_value_or_more_or_less(setting: str, half: object, fifty: object) -> None:
    assert verdict("50%", "1/2", percent=setting) is half
    assert verdict("0.5", r"50\%", percent=setting) is half
    assert verdict("50", r"50\%", percent=setting) is fifty
    assert verdict("50 percent", r"50\%", percent=setting) is True


def test_the_order_of_solutions_is_free_unless_it_is_kept() -> None:
    assert verdict("2, 1", "1, 2") is True
    assert verdict("2, 1", "1, 2", order="kept") is False
    assert verdict(r"\{2, 1\}", r"\{1, 2\}", order="kept") is True
    assert verdict("(2, 1)", "(1, 2)") is False


def test_repeated_elements_count_in_lists_and_not_in_sets() -> None:
    assert verdict(r"\{1, 1, 2\}", r"\{1, 2\}") is True
    assert verdict("1, 1, 2", "1, 2") is False
    assert verdict(r"\{1, 1, 2\}", r"\{1, 2, 2\}") is False
    assert verdict(r"\{1, 1, 2\}", r"\{1, 2\}", repeated="counted") is False


def test_a_unit_may_be_left_out_unless_it_is_required() -> None:
    assert verdict("5", "5 cm") is True
    assert verdict("5 cm", "5") is True
    assert verdict("5", "5 cm", units="required") is False
    assert verdict("5 cm", "0.05 m", units="required") is True
    assert verdict("5 kg", "5 cm") is False
