"""Reading a form in pieces: what is one, what is refused, and that no cutting of the bytes changes either."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import InvalidBody
from headgate.dialects.multipart import (
    HEAD_LIMIT,
    MOST_FIELDS,
    MOST_PARTS,
    FormReader,
    Mark,
    PartHead,
    boundary_of,
    content_type_of,
)
from tests.dialects.forms import BOUNDARY, file, form, part

Read = list[tuple[str, bool, bytes]]


def read(body: bytes, sizes: list[int] | None = None) -> Read | str:
    """The parts of a form that arrives in pieces of these sizes, or why it is refused."""
    reader = FormReader(BOUNDARY)
    found: Read = []
    try:
        for piece in cut(body, sizes or [len(body) or 1]):
            for event in reader.feed(piece):
                if isinstance(event, PartHead):
                    found.append((event.name, event.is_file, b""))
                elif isinstance(event, bytes):
                    assert event, "a content is told when there is some"
                    name, is_file, content = found.pop()
                    found.append((name, is_file, content + event))
        reader.close()
    except InvalidBody as error:
        return error.message
    return found


def cut(body: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    at = turn = 0
    while at < len(body):
        size = sizes[turn % len(sizes)]
        pieces.append(body[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


FORMS = {
    "a field and a file": form(part("model", b"m"), file(b"RIFF\r\n--\r\nsound")),
    "a file first": form(file(b"\x00\xff" * 40), part("model", b"m")),
    "an empty value": form(part("prompt", b"")),
    "no part": form(),
    "a value with line ends": form(part("prompt", b"\r\n\r\n--\r\n")),
    "something behind the end": form(part("model", b"m")) + b"anything\r\nat all",
    "the first half of a delimiter": form(part("prompt", b"\r\n--" + BOUNDARY[:-1])),
    "a name in brackets": form(part("timestamp_granularities[]", b"word"), part("timestamp_granularities[]", b"x")),
    "a length of a part": form(part("model", b"m", lines=b"Content-Length: 1\r\n")),
    "a cut end": form(part("model", b"m"))[:-5],
    "a cut head": form(part("model", b"m"))[:40],
    "nothing": b"",
    "another boundary": form(part("model", b"m")).replace(BOUNDARY, b"other"),
    "something before the beginning": b"preamble\r\n" + form(part("model", b"m")),
    "a delimiter that goes on": form(part("prompt", b"x\r\n--" + BOUNDARY + b"more")),
    "a delimiter within a line": form(part("prompt", b"x--" + BOUNDARY + b"\r\n")),
    "a delimiter behind half a line end": form(part("prompt", b"x\n--" + BOUNDARY + b"\r\n")),
    "a part without a head": b"--%b\r\n\r\nx\r\n--%b--" % (BOUNDARY, BOUNDARY),
    "a head bomb": form(part("model", b"m", lines=b"X-A: " + b"a" * HEAD_LIMIT + b"\r\n")),
    "many fields in a head": form(part("model", b"m", lines=b"".join(b"X-%d: a\r\n" % n for n in range(MOST_FIELDS)))),
    "ten thousand parts": form(*[part("a", b"1")] * 10_000),
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_any_cutting_of_a_form_reads_the_same(body: bytes, size: int) -> None:
    body = body[:60_000]

    assert read(body, [size]) == read(body)


@given(body=st.sampled_from(sorted(FORMS)), sizes=st.lists(st.integers(1, 90), min_size=1, max_size=6))
def test_no_cutting_changes_what_a_form_says(body: str, sizes: list[int]) -> None:
    assert read(FORMS[body][:3000], sizes) == read(FORMS[body][:3000])


@given(
    values=st.lists(st.tuples(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.binary(max_size=90)), max_size=5),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4),
)
def test_whatever_is_put_into_a_form_is_read_from_it(values: list[tuple[str, bytes]], sizes: list[int]) -> None:
    body = form(*(part(name, value) for name, value in values))

    assert read(body, sizes) == [(name, False, value) for name, value in values]


@given(st.binary(max_size=300), st.integers(0, 300))
def test_noise_in_a_form_is_read_or_refused(noise: bytes, at: int) -> None:
    body = FORMS["a field and a file"]

    told = read(body[:at] + noise + body[at:])

    assert isinstance(told, list | str)


def test_a_form_ends_once() -> None:
    reader = FormReader(BOUNDARY)

    events = reader.feed(form(part("model", b"m")) * 2)

    assert [event for event in events if isinstance(event, Mark)] == [Mark.PART_ENDS, Mark.FORM_ENDS]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(FORMS["a cut end"], "ends before the last delimiter", id="without its last delimiter"),
        pytest.param(FORMS["nothing"], "ends before the last delimiter", id="empty"),
        pytest.param(FORMS["another boundary"], "does not begin with the delimiter", id="of another boundary"),
        pytest.param(FORMS["something before the beginning"], "does not begin", id="with a preamble"),
        pytest.param(FORMS["a delimiter that goes on"], "neither a line's end", id="with a longer delimiter"),
        pytest.param(FORMS["a delimiter within a line"], "within a part", id="with a delimiter within a line"),
        pytest.param(FORMS["a delimiter behind half a line end"], "within a part", id="with a delimiter behind LF"),
        pytest.param(FORMS["a part without a head"], "no header fields", id="with a part without a head"),
        pytest.param(FORMS["a head bomb"], f"longer than {HEAD_LIMIT} bytes", id="with a head bomb"),
        pytest.param(FORMS["many fields in a head"], f"more than {MOST_FIELDS} header", id="with many header fields"),
        pytest.param(FORMS["ten thousand parts"], f"more than {MOST_PARTS} parts", id="with ten thousand parts"),
    ],
)
def test_a_form_is_refused(body: bytes, words: str) -> None:
    told = read(body)

    assert isinstance(told, str)
    assert words in told


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b'Content-Disposition: form-data; name="a\\"b"', id="a quote in the name"),
        pytest.param(b'Content-Disposition: form-data; name="mod%65l"', id="an escape in the name"),
        pytest.param(b"Content-Disposition: form-data; name*=utf-8''model", id="an encoded name"),
        pytest.param(b'Content-Disposition: form-data; name="a"; name="b"', id="two names"),
        pytest.param(b'Content-Disposition: form-data; name="a"; NAME="b"', id="two names in other letters"),
        pytest.param(b'Content-Disposition: form-data; name=""', id="an empty name"),
        pytest.param(b'Content-Disposition: form-data; name="%b"' % (b"a" * 129), id="a long name"),
        pytest.param('Content-Disposition: form-data; name="möbel"'.encode(), id="letters beyond ASCII in the name"),
        pytest.param(b"Content-Disposition: form-data", id="no name"),
        pytest.param(b'Content-Disposition: attachment; name="a"', id="another disposition"),
        pytest.param(b'Content-Disposition: form-data; name="a', id="a quote that does not end"),
        pytest.param(b"Content-Type: text/plain", id="no disposition"),
        pytest.param(b'Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data', id="two of them"),
        pytest.param(b'Content-Disposition: form-data; name="f"; filename="a\r\nb"', id="a line end in a file name"),
        pytest.param(
            b'Content-Disposition: form-data; name="f"; name*0="mo"; name*1="del"', id="a name that some put together"
        ),
        pytest.param(
            b'Content-Disposition: form-data; name="f"; filename="a\\"; name=model; x="', id="a quote that some take"
        ),
        pytest.param(
            b'Content-Disposition: form-data; name="f"; filename="\\\\"; filename*="; name=model; "',
            id="a backslash that some take for the next one's",
        ),
        pytest.param(b'Content-Disposition: form-data;\r\n name="a"', id="a folded line"),
        pytest.param(b'Content-Disposition: form-data; name="a"\nX: y', id="half a line end"),
        pytest.param(b'Content-Disposition: form-data; name="a"\x00', id="a NUL"),
        pytest.param(b'Content-Disposition : form-data; name="a"', id="a space before the colon"),
        pytest.param(
            b'Content-Disposition: form-data; name="a"\r\nContent-Type: Multipart/Mixed; boundary=x', id="a form itself"
        ),
        pytest.param(
            b'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64', id="an encoded content"
        ),
    ],
)
def test_a_part_is_refused(head: bytes) -> None:
    assert isinstance(read(b"--%b\r\n%b\r\n\r\nx\r\n--%b--\r\n" % (BOUNDARY, head, BOUNDARY)), str)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b'Content-Disposition: form-data; name="file"; filename="a\\"b.wav"', id="a quote in a file name"),
        pytest.param(b'Content-Disposition: form-data; name="file"; filename="a%0D%0Ab.wav"', id="escaped line ends"),
        pytest.param('Content-Disposition: form-data; name="file"; filename="möbel.wav"'.encode(), id="UTF-8"),
        pytest.param(b"content-disposition:form-data;name=file;filename=a.wav", id="no quotes, no spaces"),
        pytest.param(
            b'Content-Disposition: form-data; name="file"; filename="a"; filename*=utf-8\'\'%c3%b6', id="two file names"
        ),
        pytest.param(
            b"Content-Type: audio/wav\r\nContent-Transfer-Encoding: binary\r\n"
            b'Content-Disposition: form-data; name="file"; filename="a"',
            id="several fields",
        ),
    ],
)
def test_the_head_of_a_part_is_kept_as_it_came(lines: bytes) -> None:
    reader = FormReader(BOUNDARY)

    events = reader.feed(b"--%b\r\n%b\r\n\r\nx" % (BOUNDARY, lines))

    assert events == [PartHead("file", True, lines)]


def test_the_length_of_a_part_is_not_passed_on() -> None:
    reader = FormReader(BOUNDARY)

    (head,) = reader.feed(part("a", b"x", lines=b"Content-Length: 1\r\n")[:-3])

    assert isinstance(head, PartHead)
    assert b"length" not in head.lines.lower()


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        pytest.param(b"multipart/form-data; boundary=abc", b"abc", id="plain"),
        pytest.param(b'Multipart/Form-Data;Boundary="a b:c"', b"a b:c", id="in quotes"),
        pytest.param(b"multipart/form-data; charset=utf-8; boundary=abc", b"abc", id="behind another parameter"),
        pytest.param(b"multipart/form-data; boundary=" + b"a" * 70, b"a" * 70, id="as long as may be"),
    ],
)
def test_a_boundary_is_read(content_type: bytes, boundary: bytes) -> None:
    assert boundary_of(content_type) == boundary
    assert boundary_of(content_type_of(boundary)) == boundary


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param(b"", id="no type"),
        pytest.param(b"application/json", id="JSON"),
        pytest.param(b"multipart/form-data", id="none"),
        pytest.param(b"multipart/form-data; boundary=", id="an empty one"),
        pytest.param(b'multipart/form-data; boundary=""', id="an empty one in quotes"),
        pytest.param(b"multipart/form-data; boundary=" + b"a" * 1000, id="a thousand bytes"),
        pytest.param(b"multipart/form-data; boundary=a; boundary=b", id="two"),
        pytest.param(b'multipart/form-data; boundary="a "', id="a space at the end"),
        pytest.param(b'multipart/form-data; boundary="a\\"b"', id="a quote in it"),
        pytest.param(b"multipart/mixed; boundary=a", id="another kind of parts"),
        pytest.param(b"multipart/form-data; boundary=a b", id="a space without quotes"),
    ],
)
def test_a_form_without_a_boundary_that_can_be_used_is_refused(content_type: bytes) -> None:
    with pytest.raises(InvalidBody, match="Content-Type"):
        boundary_of(content_type)
