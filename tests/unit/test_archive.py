"""Who can read what `archive` writes: its owner alone, whatever stood there before."""

import os
import stat
from pathlib import Path

import pytest

from kapfhir.archive import archive
from kapfhir.errors import ConfigError

FILES = ("archive.json", "counts.csv", "withheld.ndjson")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = os.umask(0)
    yield
    os.umask(old)


def mode(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


def is_private(folder="kept"):
    names = sorted(path.name for path in Path(folder).iterdir())
    return (mode(folder), {mode(Path(folder, name)) for name in names}, names) == (0o700, {0o600}, [*FILES])


@pytest.mark.parametrize("mask", [0, 0o002, 0o022, 0o077])
def test_whatever_the_mask(mask):
    os.umask(mask)
    archive([], Path("kept"))
    assert is_private()
    archive([], Path("deep/er/kept"))
    assert is_private("deep/er/kept")


def test_a_folder_that_others_could_read():
    Path("kept").mkdir(0o777)
    archive([], Path("kept"))
    assert is_private()


def test_files_of_an_earlier_run_that_others_could_read():
    archive([], Path("kept"))
    for name in FILES:
        Path("kept", name).chmod(0o666)
    Path("kept").chmod(0o755)
    archive([], Path("kept"))
    assert is_private()


def test_a_link_in_the_place_of_a_file_is_not_followed():
    archive([], Path("kept"))
    Path("elsewhere").touch(0o666)
    Path("kept/withheld.ndjson").unlink()
    Path("kept/withheld.ndjson").symlink_to(Path("elsewhere").resolve())
    archive([], Path("kept"))
    assert not Path("kept/withheld.ndjson").is_symlink()
    assert is_private()
    assert Path("elsewhere").read_bytes() == b""


def test_a_link_in_the_place_of_the_partial_folder_is_not_followed():
    Path("elsewhere").mkdir(0o777)
    Path("kept").mkdir()
    Path("kept/.kapfhir-partial").symlink_to(Path("elsewhere").resolve())
    with pytest.raises(ConfigError, match="can't be written"):
        archive([], Path("kept"))
    assert list(Path("elsewhere").iterdir()) == []


def test_a_link_to_a_folder_makes_that_folder_private():
    Path("there").mkdir(0o777)
    Path("kept").symlink_to("there")
    archive([], Path("kept"))
    assert is_private("there")


def test_what_breaks_leaves_nothing_half():
    def broken():
        raise ValueError("Quokka")
        yield

    with pytest.raises(ValueError, match="Quokka"):
        archive(broken(), Path("kept"))
    assert not Path("kept").exists()
    Path("kept").mkdir(0o755)
    with pytest.raises(ValueError, match="Quokka"):
        archive(broken(), Path("kept"))
    assert list(Path("kept").iterdir()) == []
