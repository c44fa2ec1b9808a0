"""Keyed pseudonyms: the same key and the same name give the same pseudonym, on every machine and in every run.

HMAC-SHA256 under the key file; who has not the key can neither go back nor try names out.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache

DAYS = 365


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """All that is derived from the key. `kind` keeps apart what has the same text: a Patient 12 and a Location 12."""

    key: bytes

    def of(self, kind: str, name: str) -> str:
        """A pseudonym in the form of a UUID, which is an id of R4 and the end of a urn:uuid as well."""
        return _pseudonym(self.key, kind, name)

    def of_resource(self, resource_type: str, identity: str) -> str:
        return _pseudonym(self.key, f"id {resource_type}", identity)

    def shift(self, patient: str) -> int:
        """By how many days the dates of a patient (by pseudonym) are shifted: 1 to 365, forth or back."""
        number = int.from_bytes(_digest(self.key, "shift", patient)[:8], "big") % (2 * DAYS)
        return number - DAYS if number < DAYS else number - DAYS + 1


def _digest(key: bytes, kind: str, name: str) -> bytes:
    return hmac.digest(key, f"{kind}\0{name}".encode("utf-8", "surrogatepass"), "sha256")


@lru_cache(maxsize=65536)  # one patient is named by every resource of theirs
def _pseudonym(key: bytes, kind: str, name: str) -> str:
    h = _digest(key, kind, name).hex()
    return f"{h[:8]}-{h[8:12]}-8{h[13:16]}-a{h[17:20]}-{h[20:32]}"
