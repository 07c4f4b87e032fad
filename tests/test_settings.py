"""Settings are one table; each is read from its own variable and refused with its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gladly_tools.errors import InputError
from gladly_tools.settings import TABLE, Settings


def test_nothing_set_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.reports_per_minute, settings.report_row_cap, settings.retention_hours) == (10, 100_000, 24)


def test_every_setting_is_read_from_its_variable() -> None:
    settings = Settings.from_environment(
        {
            "GLADLY_TOOLS_DATA_DIR": "/somewhere",
            "GLADLY_TOOLS_ALLOWED_HOSTS": " localhost:8000, 127.0.0.1:9 ,",
            "GLADLY_TOOLS_REQUESTS_PER_SECOND": "2.5",
            "GLADLY_TOOLS_REPORT_ROW_CAP": "500",
            "GLADLY_TOOLS_TOPIC_SEPARATOR": " > ",
        }
    )
    assert settings.data_dir == Path("/somewhere")
    assert settings.allowed_hosts == ("localhost:8000", "127.0.0.1:9")
    assert settings.requests_per_second == 2.5
    assert settings.report_row_cap == 500


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GLADLY_TOOLS_REQUESTS_PER_SECOND", "0"),
        ("GLADLY_TOOLS_REQUESTS_PER_SECOND", "nan"),
        ("GLADLY_TOOLS_REQUESTS_PER_SECOND", "fast"),
        ("GLADLY_TOOLS_REPORTS_PER_MINUTE", "2.5"),
        ("GLADLY_TOOLS_REPORT_ROW_CAP", "-1"),
        ("GLADLY_TOOLS_ANSWERS_PATH", "https://elsewhere.test/api"),
        ("GLADLY_TOOLS_ANSWERS_PATH", "//elsewhere.test/api"),
        ("GLADLY_TOOLS_CALL_EVENTS_PATH", "/api/v1/calls"),
        ("GLADLY_TOOLS_CALL_EVENTS_PATH", "https://elsewhere.test/{itemId}"),
        ("GLADLY_TOOLS_IVR_AUDIO_PATH", "/api/v1/ivrs/{ivrId}"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_its_variable(variable: str, value: str) -> None:
    with pytest.raises(InputError) as refused:
        Settings.from_environment({variable: value})
    assert refused.value.field == variable


def test_the_table_has_a_line_for_every_setting() -> None:
    assert {row.name for row in TABLE} == set(Settings.__dataclass_fields__)
    assert all(row.help and row.default for row in TABLE)
    assert len({row.variable for row in TABLE}) == len(TABLE)
