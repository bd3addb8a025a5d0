from pathlib import Path

from warehouse.sql.dictionary import described
from warehouse.store.lake import Warehouse

CHECKED_IN = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


def test_the_data_dictionary_in_docs_is_that_of_the_lake(lake: Warehouse) -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == described(lake), (
        "the schema or a shipped query changed: stargrove warehouse describe > docs/data-dictionary.md"
    )


def test_every_column_of_a_table_has_its_meaning_in_the_dictionary(lake: Warehouse) -> None:
    text = described(lake)
    assert "| q_value | double | Q-value in [-1, 1]; null while nothing is known. |" in text
    assert "| None |" not in text
    assert "### v_coverage" in text
