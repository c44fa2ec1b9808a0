"""The public FHIR R4 test servers that kapfhir knows by name, and what to expect of them. Anybody reads what is written there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kapfhir.errors import ConfigError

from .http import origin_of

SYNTHETIC_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
SYNTHETIC_CODE = "HTEST"


@dataclass(frozen=True, slots=True)
class PublicServer:
    """A test server that is open to all."""

    name: str
    url: str
    hosts: tuple[str, ...]
    notes: tuple[str, ...]


PUBLIC = (
    PublicServer(
        "hapi-public",
        "https://hapi.fhir.org/baseR4",
        ("hapi.fhir.org",),
        (
            "shared by everybody, often slow or down (502, 504), emptied now and then: start with a fresh ledger after that",
            "refuses a new resource whose content equals that of another one (HAPI-2840)",
            "takes ids that a client chooses, if they have a letter",
        ),
    ),
    PublicServer(
        "firely-public",
        "https://server.fire.ly",
        ("server.fire.ly",),
        (
            "for testing and teaching only, emptied now and then: start with a fresh ledger after that",
            "serves several FHIR versions: its answer to /metadata must say 4.0.1",
            "pages hold at most 50 resources; an update that changes nothing makes a new version",
        ),
    ),
    PublicServer(
        "smart-public",
        "https://r4.smarthealthit.org",
        ("r4.smarthealthit.org",),
        (
            "synthetic patients for SMART apps, reset now and then: start with a fresh ledger after that",
            "may refuse QuestionnaireResponses",
        ),
    ),
)


def find_public(name_or_url: str) -> PublicServer | None:
    """The public server of this name, or at this address, whatever its path and port."""
    host = origin_of(name_or_url)[1].lower()
    return next((s for s in PUBLIC if name_or_url == s.name or host in s.hosts), None)


def require_synthetic(url: str, resources: Iterable[Mapping[str, Any]]) -> None:
    """Refuse to plan for a public server anything that is not marked as synthetic (security label HTEST)."""
    if find_public(url) is not None and not all(map(is_synthetic, resources)):
        refuse_public(url)


def refuse_public(url: str) -> None:
    """Refuse a public server, before anything is asked of it."""
    server = find_public(url)
    if server is not None:
        raise ConfigError(
            f"{server.hosts[0]} is public: anybody reads what is written there; it gets only data marked as synthetic",
            "set `synthetic = true` under [clinic] if these are no real patients, else use a server of your own",
        )


def is_synthetic(resource: Mapping[str, Any]) -> bool:
    labels = resource.get("meta", {}).get("security", ())
    return any(label.get("code") == SYNTHETIC_CODE and label.get("system") == SYNTHETIC_SYSTEM for label in labels)
