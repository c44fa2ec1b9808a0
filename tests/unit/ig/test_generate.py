"""The definitions in ig/ are what their tables say, and a definition that is not is noticed."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def generate(tmp_path, monkeypatch):
    """The generator, at work on a copy of its tables."""
    shutil.copytree(ROOT / "ig", tmp_path / "ig", ignore=shutil.ignore_patterns("packages", "__pycache__"))
    shutil.copytree(ROOT / "mappings" / "codes", tmp_path / "mappings" / "codes")
    spec = importlib.util.spec_from_file_location("ig_generate", tmp_path / "ig" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "ig_generate", module)
    spec.loader.exec_module(module)
    return module


def read(generate, name):
    return json.loads((generate.HERE / name).read_text(encoding="utf-8"))


def test_definitions_are_up_to_date(generate):
    assert generate.main(["--check"]) == 0


def test_a_stale_a_missing_and_a_foreign_definition_are_noticed_and_mended(generate, capsys):
    stale, missing, foreign = (
        generate.HERE / f"{name}.json" for name in ("CodeSystem-kap", "Questionnaire-madrs", "Questionnaire-x")
    )
    wanted = stale.read_bytes()
    stale.write_bytes(wanted.replace(b"1.0.0", b"1.0.1"))
    missing.unlink()
    foreign.write_text("{}")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err.count("is not what its tables say") == 3
    assert generate.main([]) == 0
    assert stale.read_bytes() == wanted
    assert missing.exists()
    assert not foreign.exists()
    assert generate.main(["--check"]) == 0


def test_every_local_code_of_the_tables_is_defined_once(generate):
    concepts = [c["code"] for c in read(generate, "CodeSystem-kap.json")["concept"]]
    rows = [row for path in generate.CODES.glob("*.csv") for row in generate.load_table(path) if row.get("system") == "kap"]
    assert sorted(concepts) == sorted({row["standard"] for row in rows})


def test_a_code_with_two_displays_stops_the_generator(generate):
    table = generate.CODES / "modality.csv"
    table.write_text(table.read_text(encoding="utf-8") + "madrs-total,kap,madrs-total,Something else\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="madrs-total"):
        generate.build_all()


def test_an_extension_of_ours_that_the_maps_do_not_know_stops_the_generator(generate):
    table = generate.HERE / "extensions.csv"
    table.write_text(table.read_text(encoding="utf-8") + "kap-new,string,,Patient,New,New.\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="kap-new"):
        generate.build_all()


@pytest.mark.parametrize("instrument", ["madrs", "cadss", "meq30", "cssrs-screener"])
def test_wording_that_is_not_free_is_not_given(generate, instrument):
    items = read(generate, f"Questionnaire-{instrument}.json")["item"]
    assert items
    assert not any("text" in item for item in items)


@pytest.mark.parametrize(
    ("instrument", "count", "first"), [("phq-9", 10, "44250-9"), ("gad-7", 7, "69725-0"), ("pcl-5", 20, "101703-7")]
)
def test_free_instruments_have_their_wording_and_loinc_link_ids(generate, instrument, count, first):
    items = read(generate, f"Questionnaire-{instrument}.json")["item"]
    assert len(items) == count == len({item["linkId"] for item in items})
    assert items[0]["linkId"] == first
    assert all(item["text"] for item in items)
