"""The references of a resource: where they stand, what they point to, and how a Bundle's own names are replaced by real ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .outcome import Issue

ID = r"[A-Za-z0-9\-.]{1,64}"
LOCAL = re.compile(rf"(?P<type>[A-Z][A-Za-z]+)/(?P<id>{ID})(?:/_history/{ID})?")
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:.+")
BUNDLE_NAME = re.compile(r"urn:(?:uuid|oid):[0-9A-Za-z.\-]+")
CONDITIONAL = re.compile(r"(?P<type>[A-Z][A-Za-z]+)\?(?P<query>.+)")
RESTFUL = re.compile(rf"(?P<base>.+/)[A-Z][A-Za-z]+/{ID}")
LINK_KEYS = frozenset(["url", "valueUri", "valueUrl", "valueUuid"])  # beside references: they may name another entry, too


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to a resource of this server; `path` is the FHIRPath of the element that holds it."""

    path: str
    type: str
    id: str

    @property
    def reference(self) -> str:
        return f"{self.type}/{self.id}"


def split_local(text: str) -> tuple[str, str] | None:
    """`Patient/1`, with a version or without -> (`Patient`, `1`)."""
    match = LOCAL.fullmatch(text)
    return (match["type"], match["id"]) if match else None


def walk(node: dict[str, Any], path: str) -> list[tuple[str, dict[str, Any]]]:
    """Every object that holds a literal reference, with its path; R4 has strings of that name in References only."""
    found: list[tuple[str, dict[str, Any]]] = []
    _collect(node, path, found)
    return found


def _collect(node: dict[str, Any], path: str, found: list[tuple[str, dict[str, Any]]]) -> None:
    if isinstance(node.get("reference"), str):
        found.append((path, node))
    for key, value in node.items():
        if isinstance(value, dict):
            _collect(value, f"{path}.{key}", found)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    _collect(item, f"{path}.{key}[{number}]", found)


def read_links(resource: dict[str, Any], base: str) -> tuple[list[Link], list[Issue]]:
    """The references to this server's resources, absolute ones made relative, and what is wrong with any."""
    links: list[Link] = []
    issues: list[Issue] = []
    for path, node in walk(resource, resource["resourceType"]):
        text = node["reference"]
        if base and text.startswith(base + "/"):
            text = node["reference"] = text[len(base) + 1 :]
        if local := split_local(text):
            links.append(Link(path, *local))
        elif BUNDLE_NAME.fullmatch(text):
            issues.append(Issue("not-found", f"{text} is not the fullUrl of an entry of this request", f"{path}.reference"))
        elif CONDITIONAL.fullmatch(text):
            issues.append(Issue("not-supported", "a conditional reference works in a transaction only", f"{path}.reference"))
        elif not text.startswith("#") and not ABSOLUTE.fullmatch(text):
            text = "the reference is neither Type/id nor an absolute URL nor #id of a contained resource"
            issues.append(Issue("value", text, f"{path}.reference"))
    return links, issues


def drop_identifiers(resource: dict[str, Any]) -> None:
    """Takes the identifier out of every literal reference, as some servers do."""
    for _, node in walk(resource, ""):
        node.pop("identifier", None)


def rename(node: Any, names: Mapping[str, str], home: str = "") -> None:
    """Replaces fullUrls of a Bundle by the references that they became; `home` is the base of the entry's own fullUrl."""
    if isinstance(node, list):
        for item in node:
            rename(item, names, home)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, dict | list):
                rename(value, names, home)
            elif isinstance(value, str):
                if key == "reference":
                    node[key] = names.get(value) or names.get(home + value) or value
                elif key in LINK_KEYS and value.startswith("urn:"):
                    node[key] = names.get(value, value)
                elif key == "div" and "urn:" in value:
                    node[key] = BUNDLE_NAME.sub(lambda match: names.get(match[0], match[0]), value)


def home_of(full_url: str) -> str:
    """`https://a.example/fhir/Patient/1` -> `https://a.example/fhir/`; empty for a urn."""
    match = RESTFUL.fullmatch(full_url)
    return match["base"] if match else ""
