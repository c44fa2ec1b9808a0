"""What a search found, safe to look into: nothing stands where something of another kind belongs.

Some servers answer with what is no FHIR: `meta: null`, a list for an object, a number for a text. What is looked into (meta, its
labels, identifiers, a verification status) has its kind afterwards, or is left out: then it is a difference, and is written anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LABELS = ("tag", "security")


def sound(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The resource as it is, without those of these elements that are not what R4 says."""
    out = {name: value for name, value in resource.items() if value is not None}
    meta = out.get("meta", {})
    if isinstance(meta, dict):
        out |= {"meta": _sound_meta(meta)} if "meta" in out else {}
    else:
        del out["meta"]
    identifier = out.get("identifier", [])
    if not _are_pairs(identifier if isinstance(identifier, list) else [identifier], "system", "value"):
        del out["identifier"]
    status = out.get("verificationStatus", {})
    if not isinstance(status, dict) or not _are_pairs(status.get("coding", []), "system", "code"):
        del out["verificationStatus"]
    return out


def _sound_meta(meta: Mapping[str, Any]) -> dict[str, Any]:
    out = {name: value for name, value in meta.items() if value is not None}
    for name in LABELS:
        if name in out:
            labels = out[name] if isinstance(out[name], list) else []
            out[name] = [label for label in labels if _are_pairs([label], "system", "code")]
    if not isinstance(out.get("versionId", ""), str):
        del out["versionId"]
    return out


def _are_pairs(items: object, *names: str) -> bool:
    """Whether it is a list of objects in which these are texts, where they are there."""
    return isinstance(items, list) and all(
        isinstance(item, dict) and all(isinstance(item.get(name, ""), str) for name in names) for item in items
    )
