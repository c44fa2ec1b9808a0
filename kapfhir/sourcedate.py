"""The day that the same input gives the same bytes by: SOURCE_DATE_EPOCH, in seconds since 1970."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from .errors import ConfigError


def source_date(env: Mapping[str, str] = os.environ) -> datetime | None:
    """None where it is not set; ConfigError if it is no such number."""
    epoch = env.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return None
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise ConfigError("SOURCE_DATE_EPOCH is no number of seconds", "set it to such a number, or unset it") from None
