"""Adverse events and evidence (domain D.8, D.9). Nothing makes an adverse event of a vital sign, or a grade of a word."""

from __future__ import annotations

from collections.abc import Callable

from kapfhir.model.protocol import Protocol

from .story import Found, Story
from .table import Numbers


def expected_effect(story: Story, n: Numbers) -> Found:  # noqa: ARG001
    yield from (t for t in story.troubles if t.event == "dissociation" and t.expected and t.mild)


def no_evidence(protocol: Protocol, n: Numbers) -> bool:  # noqa: ARG001
    return not protocol.citations and not protocol.evidence


STORY: dict[str, Callable[[Story, Numbers], Found]] = {"G03": expected_effect}
PROTOCOL: dict[str, Callable[[Protocol, Numbers], bool]] = {"V01": no_evidence}
