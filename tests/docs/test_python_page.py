"""The examples of the Python page, run in an empty folder."""

import doctest
import re

from console import ROOT

PAGE = ROOT / "docs" / "reference" / "python.md"


def test_the_examples_do_what_they_show(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))
    examples = doctest.DocTestParser().get_doctest(text, {}, "python.md", str(PAGE), 0)
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST).run(examples, out=told.append)
    assert result.failed == 0, "".join(told)
    assert result.attempted > 15
