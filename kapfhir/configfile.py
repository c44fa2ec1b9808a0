"""The shape of kapfhir.toml: what may stand in it, each value checked. How it is found, and what wins over it: config.py."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from .realms import INTERNATIONAL, Realm
from .rules.settings import RulesByName
from .spans import WindowName, WindowSettings

TODO = "TODO"
NOT_DONE = "this is still to do"


def near_name(name: str, known: Iterable[str]) -> str:
    """The name that may have been meant, as the end of a message."""
    match = get_close_matches(name, list(known), 1)
    return f"; did you mean '{match[0]}'?" if match else ""


def _told(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(TODO):
        raise ValueError(NOT_DONE)
    return value


def _check_system(value: str) -> str:
    scheme = value.partition(":")[0].lower()
    if scheme not in ("http", "https", "urn") or any(c.isspace() or c in "|#?" for c in value):
        raise ValueError("not an absolute address (https://clinic.example/kap) or urn")
    if scheme == "urn" and value.count(":") < 2:
        raise ValueError("a urn has a namespace and a name: urn:example:clinic")
    if scheme != "urn" and not urlsplit(value).hostname:
        raise ValueError("the address has no host")
    if value.endswith("/"):
        raise ValueError("no slash at the end: names are put behind it")
    return value


def _check_uuid(value: str) -> str:
    try:
        same = str(UUID(value))
    except ValueError:
        same = ""
    if same != value.lower():
        raise ValueError("not a UUID; `kapfhir init` makes one, once for each clinic")
    return same


def _check_zone(value: str) -> str:
    known = available_timezones()
    if value not in known:
        raise ValueError(f"not an IANA time zone{near_name(value, known) or '; one reads like America/New_York'}")
    return value


def check_url(value: str) -> str:
    """The base address of a server, without a slash at its end. ValueError if it is none."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address of a server: it starts with http:// or https://")
    if parts.username or parts.password:
        raise ValueError("an address holds no user and no password; set `auth`")
    if parts.query or parts.fragment:
        raise ValueError("the base address of a server has no `?` and no `#`; for a token set `auth`")
    return value.rstrip("/")


Words = Annotated[str, BeforeValidator(_told), Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ClinicSettings(_Strict):
    """Who the records are from. Ids are made of `namespace` and keys, so it never changes."""

    system: Annotated[Words, AfterValidator(_check_system)] = Field(description="the base address of the clinic's identifiers")
    namespace: Annotated[Words, AfterValidator(_check_uuid)] = Field(description="a UUID, made once and never changed")
    zone: Annotated[Words, AfterValidator(_check_zone)] = Field(description="the IANA time zone of times that name none")
    synthetic: bool = Field(default=False, description="true: no real patients; every resource is labelled HTEST")
    realm: Realm = Field(default=INTERNATIONAL, description="whose profiles resources claim: international, us-core-6.1.0")


class Profile(_Strict):
    """A server with a name of one's own."""

    url: Annotated[Words, AfterValidator(check_url)] = Field(description="the FHIR base of the server")
    auth: Annotated[Literal["none", "basic", "bearer"], BeforeValidator(_told)] = Field("none", description="how it knows us")
    user: Words | None = Field(default=None, description="the user, for basic")
    password_env: Words | None = Field(default=None, description="the variable of the password, instead of KAPFHIR_PASSWORD")
    password_file: Words | None = Field(default=None, description="the file that holds the password")
    token_env: Words | None = Field(default=None, description="the variable that holds the token, instead of KAPFHIR_TOKEN")
    token_file: Words | None = Field(default=None, description="the file that holds the token")
    timeout_s: float = Field(default=60.0, gt=0, le=3600, strict=False, description="how many seconds to wait for an answer")


class ConfigFile(_Strict):
    """The whole of kapfhir.toml. Paths count from the folder of the file."""

    source: Words | None = Field(default=None, description="the source whose maps read the exports")
    mappings: Words | None = Field(default=None, description="a folder of maps, laid over the shipped ones")
    ledger: Words | None = Field(default=None, description="the ledger file, instead of one in the user's state folder")
    people: Words = Field(default="people.csv", description="the file of names and their keys; pairs.csv lies beside it")
    clinic: ClinicSettings | None = Field(default=None, description="who the records are from")
    profile: dict[str, Profile] = Field(default_factory=dict, description="servers by name")
    window: dict[WindowName, WindowSettings] = Field(default_factory=dict, description="your own windows after a dose, by name")
    findings: RulesByName = Field(default_factory=dict, description="your own levels and numbers of rules, by their ids")
