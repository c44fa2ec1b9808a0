from datetime import UTC, datetime

import pytest

from kapfhir.errors import ConfigError
from kapfhir.sourcedate import source_date


def test_it_is_a_number_of_seconds_or_nothing():
    assert source_date({}) is source_date({"SOURCE_DATE_EPOCH": ""}) is None
    assert source_date({"SOURCE_DATE_EPOCH": "86400"}) == datetime(1970, 1, 2, tzinfo=UTC)
    for wrong in ("today", "1e3", "9" * 40):
        with pytest.raises(ConfigError, match="no number of seconds"):
            source_date({"SOURCE_DATE_EPOCH": wrong})
