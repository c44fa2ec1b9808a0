"""The dates and moments of a line: by its formats, in the zone of its table, moved by its `plus`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .formats import TYPED, Bad, Halves, compile_format, compile_typed, day_of, settle


class Moments:
    """Reads the texts of a line. `timed`: as moments; False: as dates; None: as what they are."""

    def __init__(self, formats: tuple[str, ...], timed: bool | None, zone: ZoneInfo | None, plus: timedelta) -> None:
        self.readers, self.typed = [compile_format(f) for f in formats], [compile_typed(formats)]
        self.timed, self.zone, self.plus = timed, zone, plus
        first = self.readers[0]
        self.halves = first if isinstance(first, Halves) and timed is not False else None

    def __call__(self, text: str) -> date | datetime:
        """Bad if no format reads it, or there is no such moment."""
        if self.halves is not None and TYPED not in text:
            day, _, clock = text.partition(" ")
            if (moment := self._placed(self.halves, day, clock)) is not None:
                return moment
        for reader in self.typed if TYPED in text else self.readers:
            if found := reader(text):
                return self._settled(*found)
        raise Bad("not-in-this-format")

    def beside(self, day: str, clock: str) -> date | datetime | None:
        """The same of a day and a clock time that stand in two cells; None if they must be read as one text."""
        if self.halves is None:
            return None
        if (moment := self._placed(self.halves, day, clock)) is not None:
            return moment
        found = self.halves.join(day, clock)
        return None if found is None else self._settled(found, has_clock=True)

    def _placed(self, halves: Halves, day: str, clock: str) -> datetime | None:
        """The moment where nothing is to be asked of the clocks, as on most days; else None."""
        moment = None if self.zone is None else halves.place(day, clock, self.zone)
        try:
            return moment + self.plus if moment is not None and self.plus else moment
        except OverflowError:
            return None

    def _settled(self, value: datetime, has_clock: bool) -> date | datetime:
        try:
            if self.timed is False or (self.timed is None and not has_clock and not self.plus):
                return day_of(value, self.zone)
            if not has_clock:  # nor can a clock time be added to a day
                raise Bad("no-time-of-day")
            moment = settle(value, self.zone)
            return moment + self.plus if self.plus else moment
        except OverflowError:  # at the ends of the calendar
            raise Bad("impossible-date") from None
