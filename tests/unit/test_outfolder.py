"""A folder is filled as a whole, or left as it was."""

import json

import pytest

from kapfhir.errors import ConfigError
from kapfhir.outfolder import MANIFEST, Maker, filling

MAKER = Maker("https://kapfhir.org/fhir/test", "write", "kapfhir test")


def fill(folder, names):
    with filling(folder, MAKER) as partial:
        for name in (*names, "spool"):  # what no manifest names
            (partial / name).write_text(name)
        files = {"files": [{"url": name} for name in names]}
        (partial / MANIFEST).write_text(json.dumps({"output": [], "extension": {MAKER.mark: files}}))


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_of_the_run_before_go(tmp_path):
    fill(tmp_path / "out", ["a", "b"])
    fill(tmp_path / "out", ["b", "c"])
    assert names_in(tmp_path / "out") == ["b", "c", MANIFEST]


@pytest.mark.parametrize("error", [ValueError(), BrokenPipeError(), OSError(28, "No space left on device")])
def test_what_fails_leaves_all_as_it_was(tmp_path, error):
    fill(tmp_path / "out", ["a"])
    for folder in ("out", "new"):
        with (
            pytest.raises(ConfigError if type(error) is OSError else type(error)),
            filling(tmp_path / folder, MAKER) as partial,
        ):
            (partial / "b").write_text("b")
            raise error
    assert names_in(tmp_path) == ["out"]
    assert names_in(tmp_path / "out") == ["a", MANIFEST]


def test_a_folder_of_others_is_refused(tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConfigError, match="holds files that kapfhir did not write"):
        fill(tmp_path, ["a"])
    with pytest.raises(ConfigError, match="is no folder"):
        fill(tmp_path / "mine", ["a"])
    assert names_in(tmp_path) == ["mine"]
