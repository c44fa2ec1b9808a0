"""What a server says that it can do, and the way of writing that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kapfhir.errors import ConfigError

# R4 gives these types no search parameter `identifier`.
WITHOUT_IDENTIFIER = frozenset(["AdverseEvent", "AuditEvent", "Binary", "OperationOutcome", "Parameters", "Provenance"])


@dataclass(frozen=True, slots=True)
class TypeCapability:
    """One resource type; None where the server says nothing."""

    interactions: frozenset[str]
    parameters: frozenset[str]
    update_create: bool | None = None
    conditional_create: bool | None = None
    conditional_update: bool | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """A CapabilityStatement, as far as it matters here."""

    fhir_version: str
    software: str
    interactions: frozenset[str]  # of the whole system: transaction, batch, history-system ...
    types: Mapping[str, TypeCapability] = field(default_factory=dict)

    def takes(self, type_name: str) -> bool:
        """Whether resources of this type may be sent; so it is as long as the server does not list types without it."""
        if not self.types:
            return True
        known = self.types.get(type_name)
        return known is not None and (not known.interactions or "update" in known.interactions)

    def finds_by_identifier(self, type_name: str) -> bool:
        known = self.types.get(type_name)
        if known is not None and known.parameters:
            return "identifier" in known.parameters
        return type_name not in WITHOUT_IDENTIFIER


@dataclass(frozen=True, slots=True)
class Strategy:
    """How resources are written: `ids` PUTs Type/id, `conditional` PUTs Type?identifier=system|value. Both in transactions."""

    kind: Literal["ids", "conditional"]
    reasons: tuple[str, ...]


def parse_capability(statement: Mapping[str, Any]) -> Capability:
    """The statement as it came; ConfigError unless it is one of FHIR R4 (4.0.x)."""
    if statement.get("resourceType") != "CapabilityStatement":
        raise ConfigError("the server does not answer with a CapabilityStatement", "is this the FHIR base?")
    version = _text(statement.get("fhirVersion"))
    if not version.startswith("4.0"):
        told = f"FHIR {version[:12]}" if version[:1].isdecimal() else "no FHIR version"
        raise ConfigError(f"the server says {told}, kapfhir speaks R4 (4.0.1)", "give the server's R4 base")
    rest = next((r for r in _dicts(statement.get("rest")) if r.get("mode", "server") == "server"), {})
    software = statement.get("software")
    words = [_text(software.get(name)) for name in ("name", "version")] if isinstance(software, dict) else []
    return Capability(
        version,
        " ".join(word[:80] for word in words if word) or "unnamed software",
        _codes(rest.get("interaction")),
        {_text(r.get("type")): _parse_type(r) for r in _dicts(rest.get("resource"))},
    )


def _parse_type(row: Mapping[str, Any]) -> TypeCapability:
    def flag(name: str) -> bool | None:
        value = row.get(name)
        return value if isinstance(value, bool) else None

    return TypeCapability(
        _codes(row.get("interaction")),
        frozenset(_text(p.get("name")) for p in _dicts(row.get("searchParam"))),
        flag("updateCreate"),
        flag("conditionalCreate"),
        flag("conditionalUpdate"),
    )


def choose_strategy(said: Capability, types: Iterable[str] = ()) -> Strategy:
    """How to write these types (any, if none is named) to this server, and why; ConfigError if there is no way."""
    rows = {name: row for name, row in said.types.items() if name in set(types)} or dict(said.types)
    if said.interactions and "transaction" not in said.interactions:
        raise _no_way("the server lists no transaction")
    if rows and not any("update" in row.interactions for row in rows.values()) and any(row.interactions for row in rows.values()):
        raise _no_way("the server lists no type that can be updated: it can only be read")
    reasons = ["it lists transactions" if said.interactions else "it says nothing of transactions: one is tried"]
    refusing = sorted(name for name, row in rows.items() if row.update_create is False)
    if not refusing:
        says = any(row.update_create for row in rows.values())
        reasons.append(
            "it lets a client choose ids (updateCreate)"
            if says
            else "it says nothing of ids that a client chooses (updateCreate): they are tried, as most servers take them"
        )
        return Strategy("ids", tuple(reasons))
    reasons.append(f"it does not let a client choose ids (updateCreate is false for {_some(refusing)})")
    lacking = sorted(name for name, row in rows.items() if row.conditional_update is False)
    if lacking or not any(row.conditional_update for row in rows.values()):
        raise _no_way(f"{reasons[-1]} and lists no conditional update{f' for {_some(lacking)}' if lacking else ''}")
    reasons.append("it lists conditional updates (PUT Type?identifier=system|value)")
    tagged = sorted(name for name in rows if not said.finds_by_identifier(name) and name in set(types))
    if tagged:
        reasons.append(f"{_some(tagged)}: no search by identifier, found by a tag that carries our id (PUT Type?_tag=system|id)")
    return Strategy("conditional", tuple(reasons))


def _no_way(why: str) -> ConfigError:
    return ConfigError(
        f"no usable strategy: {why}", "`kapfhir doctor` lists what the server says; `kapfhir map` writes files instead"
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _codes(value: object) -> frozenset[str]:
    return frozenset(_text(item.get("code")) for item in _dicts(value))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
