"""Do resources satisfy the profiles of US Core that they claim? A problem per profile and element, none with a value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kapfhir.errors import Problem

from .profiles import load_profiles
from .validate import LINES


def check_claims(resource: Any, file: str = "", line: int = 0) -> Iterator[Problem]:
    """What a resource lacks of the profiles in its meta.profile; of a Bundle, each of its entries."""
    if not isinstance(resource, dict):
        return
    if resource.get("resourceType") == "Bundle":
        for entry in resource.get("entry", ()):
            yield from check_claims(entry.get("resource"), file, line)
        return
    kind = resource.get("resourceType")
    claimed = resource.get("meta", {}).get("profile", ())
    for profile in load_profiles().values():
        if profile.url not in claimed:
            continue
        if profile.type != kind:
            text = f"{kind} claims {profile.name}, a profile of {profile.type}"
            yield Problem(file, line, f"{kind}.meta.profile", "not-satisfied", text)
            continue
        for need in profile.lacks(resource):
            text = f"{profile.name} asks for {need.element}"
            yield Problem(file, line, f"{kind}.{need.element}", "not-satisfied", text)


def check_file_claims(path: Path) -> Iterator[Problem]:
    """The same for a file: JSON, or NDJSON line by line. What is no JSON, or no file, the check of R4 tells."""
    try:
        if path.suffix.lower() in LINES:
            with path.open("rb") as lines:
                for number, text in enumerate(lines, 1):
                    if text.strip():
                        yield from check_claims(_parsed(text), str(path), number)
        else:
            yield from check_claims(_parsed(path.read_bytes()), str(path))
    except OSError:
        return


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
