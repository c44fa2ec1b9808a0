"""Named deviations from a good server, as data: what a client meets elsewhere, on one's own desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches

from kapfhir.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What may differ from server to server; the defaults are those of the plain sandbox."""

    update_create: bool = True  # PUT to an unknown id makes the resource; otherwise 405
    transaction: bool = True  # otherwise batch only
    most_entries: int = 0  # of a Bundle, else 413; 0: any number
    writable: bool = True  # otherwise every write is 403
    fails_every: int = 0  # every n-th write is 503 with Retry-After; 0: none
    html_errors: bool = False  # errors come as HTML pages, as from a proxy
    fhir_version: str = "4.0.1"  # what /metadata says
    keeps_reference_identifiers: bool = True  # otherwise Reference.identifier is dropped on write


QUIRKS: dict[str, tuple[str, Behaviour]] = {
    "no-update-create": ("PUT to an unknown id is refused (405)", Behaviour(update_create=False)),
    "no-transaction": ("a Bundle is taken as a batch only", Behaviour(transaction=False)),
    "small-bundles": ("a Bundle of more than 20 entries is refused (413)", Behaviour(most_entries=20)),
    "read-only": ("every write is refused (403)", Behaviour(writable=False)),
    "flaky": ("every 7th write is answered 503 with Retry-After: 0", Behaviour(fails_every=7)),
    "html-errors": ("errors are HTML pages", Behaviour(html_errors=True)),
    "r5": ("/metadata says FHIR 5.0.0", Behaviour(fhir_version="5.0.0")),
    "drops-identifiers-in-references": ("Reference.identifier is dropped", Behaviour(keeps_reference_identifiers=False)),
}


def choose_behaviour(names: Iterable[str]) -> Behaviour:
    """The behaviour with all these quirks; ConfigError names those that there are."""
    plain = Behaviour()
    chosen: dict[str, object] = {}
    for name in names:
        if name not in QUIRKS:
            close = get_close_matches(name, QUIRKS, 1)
            hint = f"did you mean '{close[0]}'? " if close else ""
            raise ConfigError(f"the sandbox has no quirk of this name: '{name}'", f"{hint}there are: {', '.join(QUIRKS)}")
        behaviour = QUIRKS[name][1]
        chosen |= {f.name: v for f in fields(Behaviour) if (v := getattr(behaviour, f.name)) != getattr(plain, f.name)}
    return Behaviour(**chosen)  # type: ignore[arg-type]
