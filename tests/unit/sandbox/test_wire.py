"""JSON keeps its numbers and refuses what is none; headers and times have one form."""

import pytest

from kapfhir.sandbox.outcome import Refusal
from kapfhir.sandbox.wire import (
    Call,
    etag,
    fingerprint,
    http_date,
    instant,
    parse_etag,
    parse_http_date,
    parse_json,
    parse_resource,
    pretty,
    write_json,
)


@pytest.mark.parametrize("number", ["35.50", "35.5", "0.00000001", "123456789.012345678", "0.0", "12345678901234567890123"])
def test_numbers_keep_their_digits(number):
    assert write_json(parse_json(f'{{"value":{number}}}'.encode())) == f'{{"value":{number}}}'.encode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "no body"),
        (b"  \n", "no body"),
        (b'{"a": 1,\n "b": }', "line 2, column 7"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": 1e999999999}', "exponent"),
        (b'{"a": 1, "a": 2}', "'a' twice"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text, words):
    with pytest.raises(Refusal, match=words) as caught:
        parse_json(text)
    assert caught.value.status == 400


def test_a_resource_is_an_object():
    with pytest.raises(Refusal, match="not a JSON object"):
        parse_resource(b"[1]")


def test_no_refusal_repeats_what_was_sent():
    with pytest.raises(Refusal) as caught:
        parse_json(b'{"name": "Canary" "x"}')
    assert "Canary" not in str(caught.value)


def test_a_fingerprint_knows_no_order_and_no_version():
    one = parse_json(b'{"id":"1","meta":{"versionId":"1","tag":[{"code":"a"}]},"value":1.0}')
    two = parse_json(b'{"value":1.0,"meta":{"tag":[{"code":"a"}],"lastUpdated":"2020"},"id":"1"}')
    assert fingerprint(one) == fingerprint(two)


@pytest.mark.parametrize("other", [b'{"value":1.00}', b'{"value":1.0,"meta":{"source":"x"}}', b'{"value":"1.0"}'])
def test_a_fingerprint_knows_precision_and_the_rest_of_meta(other):
    assert fingerprint(parse_json(b'{"value":1.0}')) != fingerprint(parse_json(other))


def test_pretty_changes_the_layout_only():
    text = pretty(b'{"value":35.50,"list":[1]}')
    assert b"\n" in text
    assert parse_json(text) == parse_json(b'{"value":35.50,"list":[1]}')
    assert b"35.50" in text


@pytest.mark.parametrize(
    ("text", "versions"), [('W/"3"', ["3"]), ('"3"', ["3"]), ("3", ["3"]), ("*", ["*"]), ('W/"1", W/"2"', ["1", "2"])]
)
def test_an_etag_is_read_in_every_form(text, versions):
    assert parse_etag(text, "If-Match") == versions


def test_a_header_that_is_no_etag_is_refused():
    with pytest.raises(Refusal, match="If-Match is not an ETag"):
        parse_etag('W/"1 2"', "If-Match")


def test_times_have_one_form():
    assert instant(1_700_000_000_123_456) == "2023-11-14T22:13:20.123Z"
    assert http_date(1_700_000_000_123_456) == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert parse_http_date("Tue, 14 Nov 2023 22:13:20 GMT") == 1_700_000_000_000_000
    assert parse_http_date("soon") is None
    assert parse_http_date("Wed, 21 Oct 99999999999 07:28:00 GMT") is None
    assert etag(3) == 'W/"3"'


def test_prefer_is_read_in_parts():
    call = Call("GET", "Patient", headers={"prefer": 'return=minimal; handling="lenient"'})
    assert call.prefer == {"return": "minimal", "handling": "lenient"}
