"""The README says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gladly_tools.reference import actions_table, columns_page, exports_table, settings_table

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "table"),
    [("exports", exports_table()), ("actions", actions_table()), ("settings", settings_table())],
)
def test_the_readme_holds_the_table_that_the_code_makes(name: str, table: str) -> None:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", README, re.DOTALL)
    assert found is not None
    assert found[1] == table, f"put this into README.md between the {name} marks:\n{table}"


def test_the_pictures_in_the_readme_are_there() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (Path(__file__).parents[1] / picture).is_file()


def test_the_page_of_columns_says_what_the_exports_say() -> None:
    page = Path(__file__).parents[1] / "docs" / "columns.md"
    assert page.read_text(encoding="utf-8") == columns_page(), "write what columns_page() gives into docs/columns.md"
