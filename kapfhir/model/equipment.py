"""What a clinic gives and measures with."""

from __future__ import annotations

from dataclasses import dataclass

from .dosing_codes import DeviceKind
from .people import Clinic
from .values import Key, Ref


@dataclass(frozen=True, slots=True)
class Device:
    """A pump, monitor or cuff, so that a dose and a reading can say which one it was (entity 11c, 11e)."""

    key: Key
    kind: DeviceKind
    clinic: Ref[Clinic] | None = None
    name: str | None = None
    model: str | None = None
    serial: str | None = None
