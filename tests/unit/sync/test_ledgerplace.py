"""Where a ledger lies, and what those beside it say."""

from dataclasses import replace

import pytest

from kapfhir.errors import ConfigError
from kapfhir.sync.ledger import Entry, Scope, open_ledger
from kapfhir.sync.ledgerplace import default_ledger_path, require_namespace

SCOPE = Scope("https://fhir.example/r4", "https://clinic.test/kap", "b3a7c9b0-6f0d-4a53-9d8c-0f3f5a1d2e11", "America/New_York")


def test_the_default_path_is_one_per_server_and_clinic():
    paths = [
        default_ledger_path("https://fhir.example/r4", "n1"),
        default_ledger_path("https://FHIR.example/r4/", "n1"),
        default_ledger_path("https://fhir.example/r5", "n1"),
        default_ledger_path("https://fhir.example/r4", "n2"),
    ]
    assert len(set(paths)) == 3
    assert paths[0].name.startswith("fhir.example-")
    assert paths[0].suffix == ".sqlite"


def test_another_namespace_of_a_clinic_that_is_known_at_this_server(tmp_path):
    other = replace(SCOPE, namespace="00000000-6f0d-4a53-9d8c-0f3f5a1d2e11")
    first, second = tmp_path / "fhir.example-1.sqlite", tmp_path / "fhir.example-2.sqlite"
    (tmp_path / "fhir.example-3.sqlite").write_bytes(b"no ledger")
    with open_ledger(first, SCOPE) as ledger:
        require_namespace(second, other)  # nothing was sent yet
        ledger.mark_pending([Entry("Encounter", "a", "DosingSession", "D1", "")])
    with pytest.raises(ConfigError, match="under another clinic namespace, says the ledger .*fhir.example-1"):
        require_namespace(second, other)
    require_namespace(first, other)  # is there: `open_ledger` compares
    require_namespace(second, replace(other, server="https://fhir.example/r5"))
    require_namespace(second, replace(other, system="https://clinic.test/other"))
    with open_ledger(first, SCOPE):
        require_namespace(second, other)  # in use: it can't be asked
