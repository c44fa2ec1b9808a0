from pathlib import Path

import pytest

from kapfhir.auth import Basic, Bearer, NoAuth
from kapfhir.config import load_settings
from kapfhir.errors import ConfigError, Exit

CLINIC = """
[clinic]
system = "https://clinic.example/kap"
namespace = "5e0c3a52-6f1d-4c7e-9a41-2f7d0b8c1e64"
zone = "America/Los_Angeles"
"""
PROFILES = """
[profile.open]
url = "http://127.0.0.1:8095/fhir/"

[profile.clinic]
url = "https://fhir.clinic.example/r4"
auth = "bearer"
token_env = "CLINIC_TOKEN"
timeout_s = 5

[profile.old]
url = "https://old.clinic.example/r4"
auth = "basic"
user = "kap"
password_file = "password.txt"
"""
SHIPPED = {"hapi-public": "https://hapi.fhir.org/baseR4"}


@pytest.fixture(autouse=True)
def nothing_around(tmp_path, monkeypatch):
    """An empty working folder, and no configuration of the user's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


def write(text, name="kapfhir.toml"):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def faults(text):
    with pytest.raises(ConfigError) as caught:
        load_settings(write(text, "x.toml"), env={})
    assert caught.value.exit is Exit.CONFIG
    return str(caught.value).splitlines()


def test_without_a_file_everything_is_open():
    settings = load_settings(env={})
    assert (settings.file, settings.clinic, settings.server, settings.source) == (None, None, None, None)


def test_a_file_says_who_the_clinic_is():
    settings = load_settings(write(CLINIC), env={})
    assert settings.clinic.zone == "America/Los_Angeles"
    assert settings.clinic.synthetic is False


def test_the_file_in_the_folder_comes_before_the_users(tmp_path):
    write('source = "users"', str(tmp_path / "user/kapfhir/kapfhir.toml"))
    assert load_settings(env={}).source == "users"
    write('ledger = "l.sqlite"')
    settings = load_settings(env={})
    assert settings.source is None, "one file, never merged"
    assert settings.file == Path("kapfhir.toml")


def test_flag_before_environment_before_file():
    write('source = "file"')
    env = {"KAPFHIR_SOURCE": "environment"}
    assert load_settings(env={}).source == "file"
    assert load_settings(env=env).source == "environment"
    assert load_settings(env=env, flags={"source": "flag"}).source == "flag"
    assert load_settings(env=env, flags={"source": None}).source == "environment"


def test_the_environment_names_the_file():
    other = write('source = "other"', "sub/other.toml")
    write('source = "here"')
    assert load_settings(env={"KAPFHIR_CONFIG": str(other)}).source == "other"
    assert load_settings(Path("kapfhir.toml"), env={"KAPFHIR_CONFIG": str(other)}).source == "here"


def test_a_named_file_that_is_not_there_says_who_named_it():
    with pytest.raises(ConfigError, match=r"missing\.toml does not exist; check --config"):
        load_settings(Path("missing.toml"), env={})
    with pytest.raises(ConfigError, match="check KAPFHIR_CONFIG"):
        load_settings(env={"KAPFHIR_CONFIG": "missing.toml"})


def test_paths_count_from_the_folder_of_the_file():
    file = write('mappings = "maps"\nledger = "state/ledger.sqlite"', "sub/k.toml")
    settings = load_settings(file, env={})
    assert settings.mappings == Path("sub/maps")
    assert settings.ledger == Path("sub/state/ledger.sqlite")
    assert load_settings(file, env={}, flags={"mappings": "mine"}).mappings == Path("mine")


def test_all_faults_at_once_each_with_its_key():
    text = """
sorce = "x"
[clinic]
system = "https://clinic.example/kap/"
namespace = "TODO"
zone = "America/New_Yrok"
synthetic = "yes"
[profile.a]
url = "fhir.example.org"
auth = "oauth"
tokn_env = "X"
"""
    assert faults(text) == [
        "x.toml: clinic.namespace: this is still to do; replace the TODO",
        "x.toml: clinic.synthetic: this should be a valid boolean",
        "x.toml: clinic.system: no slash at the end: names are put behind it",
        "x.toml: clinic.zone: not an IANA time zone; did you mean 'America/New_York'?",
        "x.toml: profile.a.auth: this should be 'none', 'basic' or 'bearer'",
        "x.toml: profile.a.tokn_env: unknown key; did you mean 'token_env'?",
        "x.toml: profile.a.url: not an address of a server: it starts with http:// or https://",
        "x.toml: sorce: unknown key; did you mean 'source'?",
    ]


@pytest.mark.parametrize("missing", ["system", "namespace", "zone"])
def test_a_clinic_has_all_three(missing):
    text = "\n".join(line for line in CLINIC.splitlines() if not line.startswith(missing))
    assert faults(text) == [f"x.toml: clinic.{missing}: this is missing; `kapfhir init` writes a file to start from"]


@pytest.mark.parametrize("system", ["urn:example:kap", "http://a.example", "https://clinic.example/kap"])
def test_systems_that_are_fine(system):
    text = CLINIC.replace("https://clinic.example/kap", system)
    assert load_settings(write(text), env={}).clinic.system == system


@pytest.mark.parametrize(
    "system", ["clinic", "ftp://a.example/x", "https://", "urn:x", "https://a.example/x y", "https://a.example/a|b"]
)
def test_systems_that_are_not(system):
    (fault,) = faults(CLINIC.replace("https://clinic.example/kap", system))
    assert fault.startswith("x.toml: clinic.system: ")


def test_a_namespace_in_capitals_is_the_same_one():
    text = CLINIC.replace("5e0c3a52-6f1d-4c7e-9a41-2f7d0b8c1e64", "5E0C3A52-6F1D-4C7E-9A41-2F7D0B8C1E64")
    assert load_settings(write(text), env={}).clinic.namespace == "5e0c3a52-6f1d-4c7e-9a41-2f7d0b8c1e64"


@pytest.mark.parametrize("key", ["token", "password", "secret", "api_key"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(key):
    (fault,) = faults(f'[profile.a]\nurl = "https://a.example"\n{key} = "s3cr3t-canary"')
    assert f"profile.a.{key}: secrets don't stand in this file" in fault
    assert "canary" not in fault


def test_a_file_that_is_no_toml_says_where():
    assert faults("source = clinic") == ["x.toml is not TOML: invalid value (at line 1, column 10); texts stand in quotes"]


def test_a_file_that_is_no_utf_8():
    path = Path("x.toml")
    path.write_bytes('source = "caf\xe9"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(path, env={})


def test_a_table_is_needed():
    assert faults('clinic = "here"') == ["x.toml: clinic: this should be a table, headed [clinic]"]


def test_a_server_by_its_address():
    server = load_settings(env={}, flags={"server": "https://a.example/fhir/"}).server
    assert (server.url, server.auth) == ("https://a.example/fhir", NoAuth())


def test_a_server_by_its_address_with_credentials_of_the_environment():
    address = {"server": "https://a.example/fhir"}
    assert load_settings(env={"KAPFHIR_TOKEN": "t"}, flags=address).server.auth == Bearer("t")
    assert load_settings(env={"KAPFHIR_USER": "u", "KAPFHIR_PASSWORD": "p"}, flags=address).server.auth == Basic("u", "p")
    with pytest.raises(ConfigError, match="both set"):
        load_settings(env={"KAPFHIR_USER": "u", "KAPFHIR_TOKEN": "t"}, flags=address)
    with pytest.raises(ConfigError, match="KAPFHIR_PASSWORD is not"):
        load_settings(env={"KAPFHIR_USER": "u"}, flags=address)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.example",
        "https://",
        "https://kap:s3cr3t-canary@a.example",
        "kap:s3cr3t-canary@a.example/fhir",
        "https://a.example/fhir?key=s3cr3t-canary",
        "https://a.example/fhir#s3cr3t-canary",
    ],
)
def test_addresses_that_are_refused(address):
    with pytest.raises(ConfigError) as caught:
        load_settings(env={}, flags={"server": address})
    assert "canary" not in str(caught.value)


def test_a_server_by_a_profile():
    write(PROFILES)
    server = load_settings(env={"CLINIC_TOKEN": "t"}, profile="clinic").server
    assert (server.url, server.name, server.auth, server.timeout_s) == (
        "https://fhir.clinic.example/r4",
        "clinic",
        Bearer("t"),
        5,
    )
    assert load_settings(env={"CLINIC_TOKEN": "t"}, flags={"server": "clinic"}).server == server
    assert load_settings(env={"CLINIC_TOKEN": "t", "KAPFHIR_PROFILE": "clinic"}).server == server
    assert load_settings(env={"KAPFHIR_TOKEN": "t"}, profile="clinic").server == server


def test_an_open_profile_gets_no_token():
    write(PROFILES)
    assert load_settings(env={"KAPFHIR_TOKEN": "t"}, profile="open").server.auth == NoAuth()


def test_a_password_from_a_file_beside_the_configuration():
    write(PROFILES, "sub/k.toml")
    write("s3cr3t-canary\n", "sub/password.txt")
    server = load_settings(Path("sub/k.toml"), "old", env={}).server
    assert server.auth == Basic("kap", "s3cr3t-canary")
    assert "canary" not in repr(server)
    assert load_settings(Path("sub/k.toml"), "old", env={"KAPFHIR_USER": "me", "KAPFHIR_PASSWORD": "p"}).server.auth == Basic(
        "me", "p"
    )


def test_a_secret_that_is_not_there():
    write(PROFILES)
    with pytest.raises(
        ConfigError, match=r"profile\.clinic: there is no token; set the variable CLINIC_TOKEN, or give `token_file`"
    ):
        load_settings(env={}, profile="clinic")
    with pytest.raises(ConfigError, match=r"profile\.old: the file of `password_file` has no password"):
        load_settings(env={}, profile="old")


def test_a_shipped_name_gets_no_credentials():
    server = load_settings(env={"KAPFHIR_TOKEN": "t"}, flags={"server": "hapi-public"}, shipped=SHIPPED).server
    assert (server.url, server.auth) == ("https://hapi.fhir.org/baseR4", NoAuth())
    address = {"server": "https://hapi.fhir.org/other"}
    assert load_settings(env={"KAPFHIR_TOKEN": "t"}, flags=address, shipped=SHIPPED).server.auth == NoAuth()


def test_names_that_nobody_knows():
    write(PROFILES)
    with pytest.raises(ConfigError, match="no server of the name 'hapi-publc'; did you mean 'hapi-public'"):
        load_settings(env={}, flags={"server": "hapi-publc"}, shipped=SHIPPED)
    with pytest.raises(ConfigError, match="no profile 'clinik'; did you mean 'clinic'"):
        load_settings(env={}, profile="clinik")


def test_two_servers_are_one_too_many():
    write(PROFILES)
    with pytest.raises(ConfigError, match="both name a server"):
        load_settings(env={}, profile="open", flags={"server": "clinic"})


def test_a_flag_comes_before_a_profile_of_the_environment():
    write(PROFILES)
    env = {"KAPFHIR_PROFILE": "clinic", "KAPFHIR_SERVER": "https://a.example"}
    assert load_settings(env=env, flags={"server": "open"}).server.name == "open"
    assert load_settings(env=env, profile="open").server.name == "open"
    assert load_settings(env=env).server.url == "https://a.example"


def test_no_setting_shows_a_secret():
    write(PROFILES)
    settings = load_settings(env={"CLINIC_TOKEN": "s3cr3t-canary"}, profile="clinic")
    assert "canary" not in repr(settings) + str(settings)


def test_a_clinic_that_is_not_filled_in_stops_only_what_needs_it():
    file = write('[clinic]\nsystem = "TODO"\n\n[profile.test]\nurl = "https://fhir.example/r4"\n')
    with pytest.raises(ConfigError, match=r"clinic.system: this is still to do"):
        load_settings(file, env={})
    settings = load_settings(file, "test", env={}, needs_clinic=False)
    assert settings.clinic is None
    assert settings.server is not None and settings.server.url == "https://fhir.example/r4"


def test_what_is_wrong_in_a_clinic_that_is_not_filled_in_is_told_and_its_realm_holds():
    """An example brings its own clinic, and takes the realm that the user asked for."""
    unfilled = '[clinic]\nsystem = "TODO"\nrealm = "us-core-6.1.0"\n'
    found = load_settings(write(unfilled), env={}, needs_clinic=False)
    assert (found.clinic, found.realm) == (None, "us-core-6.1.0")
    for fault in ('zone = "Mars/North"\n', 'zoen = "UTC"\n', "synthetic = 3\n"):
        with pytest.raises(ConfigError, match="clinic.[zs]") as told:
            load_settings(write(unfilled + fault), env={}, needs_clinic=False)
        assert "still to do" not in str(told.value)
    with pytest.raises(ConfigError, match="clinic: this should be a table"):
        load_settings(write('clinic = "mine"\n'), env={}, needs_clinic=False)


def test_a_profile_is_there_even_where_no_server_is_asked():
    file = write(CLINIC + '\n[profile.test]\nurl = "https://fhir.example/r4"\nauth = "bearer"\n')
    assert load_settings(file, "test", env={}, needs_server=False).server is None, "no secret is looked for"
    with pytest.raises(ConfigError, match=r"has no profile 'tset'; did you mean 'test'\?"):
        load_settings(file, "tset", env={}, needs_server=False)
