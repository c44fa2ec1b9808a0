"""Settings: what a flag, the environment or the one configuration file says, checked whole before anything is read.

    flag > environment > file > default

There is one file, and it is never merged with another: --config, else ./kapfhir.toml, else the user's. All its faults are told at
once. A secret comes from the environment or from a file of its own, never from the configuration file or a flag, and is in no
repr, message or log.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from .auth import Auth, Basic, Bearer, NoAuth
from .configfile import NOT_DONE, ClinicSettings, ConfigFile, Profile, check_url, near_name
from .errors import ConfigError
from .realms import INTERNATIONAL, Realm, parse_realm
from .rules.settings import RuleSettings
from .spans import WindowSettings

FILE = "kapfhir.toml"
SECRETS = ("password", "token", "secret", "access_token", "api_key", "client_secret")
ENVIRONMENT = {  # variable -> what it stands for, and what wins over it; docs/reference/configuration.md shows this table
    "KAPFHIR_CONFIG": ("the configuration file", "--config"),
    "KAPFHIR_PROFILE": ("the profile to use", "--profile"),
    "KAPFHIR_SERVER": ("the server: an address, a profile's name or a shipped name", "--server"),
    "KAPFHIR_SOURCE": ("the source whose maps read the export", "--source"),
    "KAPFHIR_MAPPINGS": ("a folder of maps, laid over the shipped ones", "--mappings"),
    "KAPFHIR_REALM": ("the realm whose profiles resources claim", "--realm"),
    "KAPFHIR_LEDGER": ("the ledger file", "--ledger"),
    "KAPFHIR_TOKEN": ("the bearer token of the server", ""),
    "KAPFHIR_USER": ("the user of the server, for basic auth", ""),
    "KAPFHIR_PASSWORD": ("the password of that user", ""),
}
OPEN = NoAuth()
NO_SECRET = "secrets don't stand in this file"  # noqa: S105  a message


@dataclass(frozen=True, slots=True)
class Server:
    """A server to talk to. `name` is what the user called it."""

    url: str
    name: str
    auth: Auth = OPEN
    timeout_s: float = 60.0


class Settings(BaseModel):
    """What holds for a run. `file` is the configuration file that it came from, if there is one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clinic: ClinicSettings | None = None
    source: str | None = None
    mappings: Path | None = None
    realm: Realm = INTERNATIONAL
    ledger: Path | None = None
    people: Path | None = None
    windows: Mapping[str, WindowSettings] = Field(default_factory=dict)
    findings: Mapping[str, RuleSettings] = Field(default_factory=dict)
    server: Server | None = None
    file: Path | None = None


def load_settings(
    config: Path | None = None,
    profile: str | None = None,
    flags: Mapping[str, Any] | None = None,
    env: Mapping[str, str] = os.environ,
    shipped: Mapping[str, str] | None = None,
    *,
    needs_server: bool = True,
    needs_clinic: bool = True,
) -> Settings:
    """The settings of a run; ConfigError with every fault of the file.

    `flags`: server, source, mappings, ledger as given on the command line, None where not given. `shipped`: addresses of servers
    known by name. What is not needed is not looked at: a run without a server wants no credentials of one (but a profile that is
    named is there), and one without the clinic's records can do with a file whose [clinic] is not filled in yet: its realm holds,
    and what is wrong in it otherwise is told all the same.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    file = find_file(config, env)
    content, realm = _parse(file, needs_clinic=needs_clinic) if file else (ConfigFile(), INTERNATIONAL)
    read = _Read(content, file)
    if profile and not needs_server:
        _profile_of(profile, read)
    folder = file.parent if file else Path()

    def choose(name: str, variable: str) -> Any:
        return given.get(name) or env.get(variable) or getattr(content, name)

    def choose_path(name: str, variable: str) -> Path | None:
        if outer := given.get(name) or env.get(variable):
            return Path(outer).expanduser()
        inner = getattr(content, name)
        return folder / Path(inner).expanduser() if inner else None

    return Settings(
        clinic=content.clinic,
        source=choose("source", "KAPFHIR_SOURCE"),
        mappings=choose_path("mappings", "KAPFHIR_MAPPINGS"),
        realm=parse_realm(given.get("realm") or env.get("KAPFHIR_REALM") or realm),
        ledger=choose_path("ledger", "KAPFHIR_LEDGER"),
        people=choose_path("people", ""),
        windows=content.window,
        findings=content.findings,
        server=_choose_server(given.get("server"), profile, read, env, shipped or {}) if needs_server else None,
        file=file,
    )


def require_profile(name: str, config: Path | None = None, env: Mapping[str, str] = os.environ) -> None:
    """ConfigError if the configuration has no profile of this name. For what reads nothing else of it."""
    file = find_file(config, env)
    _profile_of(name, _Read(parse_file(file, needs_clinic=False) if file else ConfigFile(), file))


def find_file(config: Path | None, env: Mapping[str, str] = os.environ) -> Path | None:
    """The one configuration file; None if there is none. ConfigError if one is named that is not there."""
    for named, by in ((config, "--config"), (env.get("KAPFHIR_CONFIG"), "KAPFHIR_CONFIG")):
        if named:
            path = Path(named)
            if not path.is_file():
                raise ConfigError(f"the configuration file {path} does not exist", f"check {by}")
            return path
    candidates = (Path(FILE), platformdirs.user_config_path("kapfhir", appauthor=False) / FILE)
    return next((path for path in candidates if path.is_file()), None)


def parse_file(file: Path, *, needs_clinic: bool = True) -> ConfigFile:
    """The content of a configuration file; ConfigError with all its faults."""
    return _parse(file, needs_clinic=needs_clinic)[0]


def _parse(file: Path, *, needs_clinic: bool) -> tuple[ConfigFile, Realm]:
    """The same, and the realm, which holds where the clinic is not filled in."""
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}", "check its permissions") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not TOML: {_first_lower(str(error))}", "texts stand in quotes") from None
    try:
        content = ConfigFile.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_input=False)
        if not needs_clinic:
            found = [one for one in found if not _is_to_do(one)]
        if not found:
            return ConfigFile.model_validate({**data, "clinic": None}), data["clinic"].get("realm", INTERNATIONAL)
        faults = sorted({_tell(one["loc"], one["type"], one["msg"]) for one in found})
        raise ConfigError("\n".join(f"{file}: {fault}" for fault in faults)) from None
    return content, content.clinic.realm if content.clinic else INTERNATIONAL


def _is_to_do(fault: ErrorDetails) -> bool:
    """A setting of the clinic that nobody gave yet."""
    given = fault["type"] == "missing" or fault["msg"].endswith(NOT_DONE)
    return len(fault["loc"]) > 1 and fault["loc"][0] == "clinic" and given


def _tell(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    """One fault of the file. pydantic's own words are kept only where they are ours or plain."""
    path = ".".join(str(step) for step in loc)
    name = str(loc[-1])
    if kind == "extra_forbidden":
        if name.lower() in SECRETS:
            place = "password" if name.lower() == "password" else "token"
            return f"{path}: {NO_SECRET}; name a variable (`{place}_env`) or a file (`{place}_file`) that holds it"
        return f"{path}: unknown key{near_name(name, _model(loc[:-1]).model_fields)}"
    if kind == "missing":
        return f"{path}: this is missing; `kapfhir init` writes a file to start from"
    if kind == "value_error":
        words = message.removeprefix("Value error, ")
        return f"{path}: {words}" + ("; replace the TODO" if words == NOT_DONE else "")
    if kind in ("model_type", "dict_type"):
        return f"{path}: this should be a table, headed [{path}]"
    return f"{path}: {_first_lower(message.replace('Input should', 'this should').replace('String should', 'this should'))}"


def _model(loc: tuple[int | str, ...]) -> type[BaseModel]:
    known: dict[int | str, type[BaseModel]] = {"clinic": ClinicSettings, "window": WindowSettings, "findings": RuleSettings}
    return known.get(loc[0], Profile) if loc else ConfigFile


class _Read(NamedTuple):
    content: ConfigFile
    file: Path | None


def _choose_server(
    flag: str | None, profile: str | None, read: _Read, env: Mapping[str, str], shipped: Mapping[str, str]
) -> Server | None:
    if flag and profile:
        raise ConfigError("--server and --profile both name a server", "give one of them")
    server = flag or ("" if profile else env.get("KAPFHIR_SERVER"))
    name = profile or ("" if server else env.get("KAPFHIR_PROFILE")) or ""
    if server and server not in read.content.profile:
        if "://" in server:
            return _address(server, env, shipped)
        if server in shipped:
            return Server(shipped[server], server)
        known = (*read.content.profile, *shipped)
        told = "" if {"@", "?"} & set(server) else f" '{server}'"  # it may be an address that holds a password
        raise ConfigError(
            f"there is no server of the name{told or ' that was given'}{near_name(server, known)}",
            f"give an address that starts with http:// or https://, or one of: {', '.join(known)}"
            if known
            else "give an address",
        )
    name = server or name
    if not name:
        return None
    chosen = _profile_of(name, read)
    return Server(chosen.url, name, _auth(name, chosen, read.file, env), chosen.timeout_s)


def _profile_of(name: str, read: _Read) -> Profile:
    """The profile of this name. ConfigError if there is none."""
    if name not in read.content.profile:
        if read.file is None:
            raise ConfigError(f"there is no configuration file, and so no profile '{name}'", "name the file with --config")
        there = f"there are: {', '.join(read.content.profile)}" if read.content.profile else "it has no profiles"
        raise ConfigError(f"{read.file} has no profile '{name}'{near_name(name, read.content.profile)}", there)
    return read.content.profile[name]


def _address(url: str, env: Mapping[str, str], shipped: Mapping[str, str]) -> Server:
    """A server by its address: credentials can only be those of the environment, and a public server gets none."""
    try:
        url = check_url(url)
    except ValueError as error:
        raise ConfigError(f"the server's address: {error}") from None
    if urlsplit(url).hostname in {urlsplit(public).hostname for public in shipped.values()}:
        return Server(url, url)
    token, user, password = (env.get(f"KAPFHIR_{word}") for word in ("TOKEN", "USER", "PASSWORD"))
    if token and user:
        raise ConfigError("KAPFHIR_TOKEN and KAPFHIR_USER are both set", "unset the one that this server does not take")
    if user and not password:
        raise ConfigError("KAPFHIR_USER is set, KAPFHIR_PASSWORD is not", "set both")
    auth: Auth = Bearer(token) if token else Basic(user, password) if user and password else NoAuth()
    return Server(url, url, auth)


def _auth(name: str, profile: Profile, file: Path | None, env: Mapping[str, str]) -> Auth:
    if profile.auth == "none":
        return NoAuth()  # a token in the environment is not for a server that asks for none
    if profile.auth == "bearer":
        return Bearer(_secret(f"profile.{name}", "token", (profile.token_env, profile.token_file), file, env))
    user = env.get("KAPFHIR_USER") or profile.user
    if not user:
        raise ConfigError(f"{file}: profile.{name}: basic auth needs a user", "give `user`, or set KAPFHIR_USER")
    return Basic(user, _secret(f"profile.{name}", "password", (profile.password_env, profile.password_file), file, env))


def _secret(at: str, kind: str, named: tuple[str | None, str | None], file: Path | None, env: Mapping[str, str]) -> str:
    """A secret from the profile's own variable, from ours, or from a file; the first line that there is."""
    variable, path = named
    ours = f"KAPFHIR_{kind.upper()}"
    for name in filter(None, (variable, ours)):
        if env.get(name):
            return env[name]
    if path:
        place = (file.parent if file else Path()) / Path(path).expanduser()
        try:
            secret = place.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            secret = ""
        if secret:
            return secret
        raise ConfigError(f"{at}: the file of `{kind}_file` has no {kind}, or can't be read", f"check {place}")
    raise ConfigError(f"{at}: there is no {kind}", f"set the variable {variable or ours}, or give `{kind}_file`")


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]
