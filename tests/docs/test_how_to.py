"""What the how-to pages show is what happens."""

import pytest
from console import ROOT, Desk


@pytest.mark.parametrize(("page", "commands"), [("export-to-files", 2), ("test-with-the-sandbox", 1)])
def test_the_page_is_true(tmp_path, page, commands):
    with Desk(tmp_path) as desk:
        assert desk.follow(ROOT / "docs" / "how-to" / f"{page}.md") == commands
