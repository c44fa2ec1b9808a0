"""Cohorts that several tests read."""

import pytest

from kapfhir.cohorts.make import make_cohort


@pytest.fixture(scope="session")
def clean(tmp_path_factory):
    """The folder of forty patients, nothing planted."""
    return make_cohort(tmp_path_factory.mktemp("clean"), 40, "a clean one").folder


@pytest.fixture(scope="session")
def dirty(tmp_path_factory):
    """Sixty patients, every sixth row of those that can be spoiled with a fault."""
    return make_cohort(tmp_path_factory.mktemp("dirty"), 60, "a dirty one", 0.15)
