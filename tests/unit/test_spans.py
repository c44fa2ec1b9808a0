"""Windows of a clinic's own: from its configuration to Encounter.type."""

from decimal import Decimal
from pathlib import Path

import pytest

import kapfhir
from kapfhir.config import load_settings
from kapfhir.data import example_folder
from kapfhir.errors import ConfigError
from kapfhir.mapping.units import Mapped
from kapfhir.model.windows import use_spans
from kapfhir.spans import spans_of

OWN = """
[window.late-second-day]
title = "Late on the second day"
from_h = 40
to_h = 48.0
from_included = true
"""


@pytest.fixture
def settings(tmp_path):
    yield lambda text: load_settings(write(tmp_path / "kapfhir.toml", text), env={})
    use_spans(())


def write(path, text):
    path.write_text((example_folder("clinic") / "kapfhir.toml").read_text("utf-8") + text, encoding="utf-8")
    return path


def test_numbers_stay_exact(settings):
    (span,) = spans_of(settings(OWN).windows)
    assert (span.code, span.lower, span.upper, span.lower_in, span.from_end) == (
        "late-second-day",
        40,
        Decimal("48.0"),
        True,
        False,
    )
    assert str(span.upper) == "48.0"


def test_an_own_window_stands_in_the_type_of_the_visit(settings):
    found = {}
    for unit in kapfhir.map(Path(example_folder("clinic"), "input"), settings(OWN)):
        if isinstance(unit, Mapped) and unit.concept == "IntegrationSession":
            (visit,) = [r for r in unit.resources if r["resourceType"] == "Encounter"]
            found[unit.key] = [c for t in visit["type"] for c in t["coding"] if c["code"] == "late-second-day"]
    assert found["N-0101"][0]["system"].endswith("/window")
    assert found["N-0101"][0]["display"] == "Late on the second day"
    assert found["N-0102"], "48 hours belong to it"
    assert not found["N-0104"], "48 hours and a minute do not"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[window.x]\ntitle = "x"\nfrom_h = 3\nto_h = 2\n', "the window ends before it starts"),
        ('[window.x]\ntitle = "x"\nto_h = -1\n', "window.x.to_h"),
        ('[window.x]\ntitle = "x"\nto_h = 1\nuntil = 3\n', "unknown key"),
        ('[window."Two Days"]\ntitle = "x"\nto_h = 1\n', "a window is named in small letters"),
        ("[window.x]\nto_h = 1\n", "window.x.title: this is missing"),
        ('[window.x]\ntitle = "x"\nto_h = 1\nanchor = "middle"\n', "window.x.anchor"),
    ],
)
def test_faults(settings, text, fault):
    with pytest.raises(ConfigError) as error:
        settings(text)
    assert fault in str(error.value)
