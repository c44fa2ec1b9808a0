"""Set and setting of a dosing session (entities 11h, 11i): the mind that came, and the room that it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .dosing_codes import Lighting, Seating, TherapistPresence
from .fields import present_with, require_content, require_limits
from .values import Amount, Limits, Units

Ten = Annotated[int, Limits(0, 10)]
PREPARED = ("expectancy", "mood_before", "anxiety_before", "preparation_done", "readiness")


@dataclass(frozen=True, slots=True)
class Setting:
    """The room and what was in it. `equipment_visible`: medical equipment that a patient can see; `touch_*`: supportive touch."""

    room_private: bool | None = None
    lighting: Lighting | None = None
    seating: Seating | None = None
    equipment_visible: bool | None = None
    eyeshades: bool | None = None
    headphones: bool | None = None
    music: bool | None = None
    music_genre: str | None = None
    playlist: str | None = None
    music_lyrics: bool | None = None
    blanket: bool | None = None
    temperature: Annotated[Amount, Units("Cel", "[degF]")] | None = None
    companion_present: bool | None = None
    therapist: TherapistPresence | None = None
    touch_used: bool | None = None
    touch_consented: bool | None = None

    def __post_init__(self) -> None:
        require_content(self)


@dataclass(frozen=True, slots=True)
class Mindset:
    """With what mind a patient came. The intention is in the patient's own words: it goes out alone, labelled as psychiatric and
    restricted, so that whoever may not see it can still see the rest.
    """

    intention: str | None = None
    expectancy: Annotated[int, Limits(0, 100)] | None = None
    mood_before: Ten | None = None
    anxiety_before: Ten | None = None
    preparation_done: bool | None = None
    readiness: Ten | None = None

    def __post_init__(self) -> None:
        require_content(self)
        require_limits(self)

    @property
    @present_with(*PREPARED)
    def rated(self) -> bool | None:
        """True where something is said beside the intention."""
        said = (self.expectancy, self.mood_before, self.anxiety_before, self.preparation_done, self.readiness)
        return True if any(one is not None for one in said) else None
