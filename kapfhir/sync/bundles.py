"""Transactions out of planned actions: shared resources first, then patient by patient, up to a number of entries and bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kapfhir.fhir import exact
from kapfhir.server.client import match_identifier, match_tag

from .look import IDENTITY
from .store import EVERYBODY, NOBODY, Planned, Store

Piece = list[Planned]  # one transaction
Train = list[Piece]  # transactions that must go one after the other; trains may go side by side


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes into one transaction, and how many of them are under way."""

    entries: int = 200
    size: int = 4_000_000  # bytes of its resources
    threads: int = 4


def shared_train(store: Store, limits: Limits) -> Train:
    """What belongs to no patient: before all others."""
    return cut(store.group(EVERYBODY), limits)


def last_train(store: Store, limits: Limits) -> Train:
    """What depends on several patients: after all others."""
    return cut(store.group(NOBODY), limits)


def patient_trains(store: Store, limits: Limits) -> Iterator[Train]:
    """Small patients together in one transaction, a big one in a row of its own; nobody is in two trains."""
    together: Piece = []
    for owner in store.owners():
        if owner in (EVERYBODY, NOBODY):
            continue
        group = store.group(owner)
        if together and not _fits([*together, *group], limits):
            yield [together]
            together = []
        if _fits(group, limits):
            together += group
        else:
            yield cut(group, limits)
    if together:
        yield [together]


def cut(actions: Piece, limits: Limits) -> Train:
    """In order, in pieces within the limits; what points round in a circle is never cut."""
    train: Train = []
    size = 0
    for action in actions:
        full = train and (len(train[-1]) >= limits.entries or size + action.size > limits.size)
        if not train or (full and action.loose):
            train.append([])
            size = 0
        train[-1].append(action)
        size += action.size
    return train


def halve(actions: Piece) -> tuple[Piece, Piece] | None:
    """Two parts, the second pointing to the first or to itself; None where nothing can be cut."""
    middle = len(actions) // 2
    places = sorted((at for at in range(1, len(actions)) if actions[at].loose), key=lambda at: abs(at - middle))
    return (actions[: places[0]], actions[places[0] :]) if places else None


def _fits(actions: Piece, limits: Limits) -> bool:
    return len(actions) <= limits.entries and sum(a.size for a in actions) <= limits.size


def write_bundle(entries: Iterable[bytes]) -> bytes:
    return b'{"resourceType":"Bundle","type":"transaction","entry":[' + b",".join(entries) + b"]}"


def write_entry(action: Planned, body: bytes, base: str) -> bytes:
    """PUT Type/id: the body goes as it is."""
    name = action.name.encode()
    return b"".join(
        (b'{"fullUrl":"', base.encode(), b"/", name, b'","resource":', body, b',"request":{"method":"PUT","url":"', name, b'"}}')
    )


def write_conditional_entry(action: Planned, body: bytes, base: str, target: Callable[[str], str], *, tagged: bool) -> bytes:
    """PUT Type?identifier=system|value, or PUT Type/id under the id that the server chose before.

    `target` gives what a reference to one of our Type/id is to say; `tagged`: found by a tag with our id, as the type has no
    search by identifier.
    """
    resource = point(exact.loads(body), target)
    if tagged:
        meta = resource.get("meta", {})
        resource["meta"] = {**meta, "tag": [*meta.get("tag", ()), {"system": IDENTITY, "code": action.id}]}
    if action.server_id:
        resource["id"] = action.server_id
        full_url, url = f"{base}/{action.type}/{action.server_id}", f"{action.type}/{action.server_id}"
    else:
        del resource["id"]
        criteria = match_tag(IDENTITY, action.id) if tagged else match_identifier(action.system, action.value)
        full_url, url = f"urn:uuid:{action.id}", f"{action.type}?{criteria}"
    return exact.dumps({"fullUrl": full_url, "resource": resource, "request": {"method": "PUT", "url": url}})


def point(node: Any, target: Callable[[str], str]) -> Any:
    """A copy with every literal reference replaced."""
    if isinstance(node, Mapping):
        return {
            name: target(value) if name == "reference" and isinstance(value, str) else point(value, target)
            for name, value in node.items()
        }
    return [point(item, target) for item in node] if isinstance(node, list) else node
