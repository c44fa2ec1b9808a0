import stat

import pytest

from kapfhir.deidentification.key import load_key
from kapfhir.errors import ConfigError


def test_a_missing_key_is_made_for_its_owner_alone(tmp_path):
    key, made = load_key(tmp_path / "k")
    assert (len(key), made) == (32, True)
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert load_key(tmp_path / "k") == (key, False)


def test_no_two_keys_are_the_same(tmp_path):
    assert load_key(tmp_path / "a")[0] != load_key(tmp_path / "b")[0]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_key_that_others_can_reach_is_refused(tmp_path, mode):
    load_key(tmp_path / "k")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(ConfigError, match="can be read by others") as caught:
        load_key(tmp_path / "k")
    assert caught.value.hint == f"chmod 600 {tmp_path / 'k'}"


@pytest.mark.parametrize("text", ["", "secret", "0" * 63, "0" * 65, "Z" * 64, "0" * 64 + "\n" + "1" * 64])
def test_what_is_no_key_is_refused_without_being_repeated(tmp_path, text):
    (tmp_path / "k").write_text(text)
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(ConfigError, match="is no key of kapfhir") as caught:
        load_key(tmp_path / "k")
    assert not text or text not in str(caught.value)


def test_a_folder_is_no_key_and_a_missing_folder_is_told(tmp_path):
    with pytest.raises(ConfigError, match="is no file"):
        load_key(tmp_path)
    with pytest.raises(ConfigError, match="can't be read or made"):
        load_key(tmp_path / "no" / "k")
