"""Forms in parts (RFC 7578), read in pieces: bytes in, parts out, whatever way the bytes are cut.

A form is read more strictly than the standards allow, because others read it after us, and two readers that disagree
about where a part begins or what it is called disagree about what was checked. So the delimiter may stand nowhere but
where it delimits, at the beginning of a line or not: what is passed on holds no other place that even a careless
reader could cut at. A name is made of characters that every reader reads alike, parts are not nested and not encoded,
and there is neither a preamble nor an end without the last delimiter. What follows that is not passed on.
"""

from __future__ import annotations

import enum
import re
from typing import Final, TypeAlias

import msgspec

from headgate.core.errors import InvalidBody

MOST_PARTS: Final = 256
HEAD_LIMIT: Final = 8 * 1024
"""Bytes of the header fields of one part."""
MOST_FIELDS: Final = 16
"""Header fields of one part."""
MEDIA_TYPE: Final = b"multipart/form-data"

_LINE: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"
_LAST: Final = b"--"
_BOUNDARY: Final = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = rb'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"'
_PARAMETER: Final = re.compile(rb"[ \t]*;[ \t]*(" + _TOKEN + rb")=(" + _TOKEN + rb"|" + _QUOTED + rb")")
_FIELD: Final = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_NAME: Final = re.compile(rb"[A-Za-z0-9_.-]+(?:\[[A-Za-z0-9_.-]*\])*")
_LONGEST_NAME: Final = 128
_PARAMETERS: Final = frozenset({b"name", b"filename", b"filename*"})
_PLAIN: Final = frozenset({b"binary", b"8bit", b"7bit"})


class PartHead(msgspec.Struct, frozen=True):
    """The beginning of a part. `lines` are its header fields as they came, but for a length, which may change."""

    name: str
    is_file: bool
    lines: bytes

    @property
    def field(self) -> str:
        """The name without what stands in brackets behind it: `image[]` is another spelling of `image`."""
        return self.name.partition("[")[0]


class Mark(enum.Enum):
    """What is said beside the contents of parts."""

    PART_ENDS = enum.auto()
    FORM_ENDS = enum.auto()


Event: TypeAlias = PartHead | bytes | Mark
"""A part's head, then pieces of its content, none empty, then its end; at last the end of the form."""


class _At(enum.Enum):
    START = enum.auto()
    DELIMITED = enum.auto()
    HEAD = enum.auto()
    CONTENT = enum.auto()
    END = enum.auto()


def boundary_of(content_type: bytes) -> bytes:
    """The boundary that a Content-Type names; InvalidBody if it is not that of a form, or names none."""
    media_type, separator, _ = content_type.partition(b";")
    if media_type.strip(b" \t").lower() != MEDIA_TYPE:
        raise InvalidBody(f"the Content-Type is {_shown(content_type)}; accepted: multipart/form-data with a boundary")
    parameters = _parameters(content_type[len(media_type) :]) if separator else {}
    boundary = None if parameters is None else parameters.get(b"boundary")
    if boundary is None or _BOUNDARY.fullmatch(boundary) is None:
        raise InvalidBody("the Content-Type multipart/form-data needs a boundary of 1 to 70 characters")
    return boundary


def content_type_of(boundary: bytes) -> bytes:
    """The Content-Type of a form, its boundary in quotes only if it must be."""
    plain = re.fullmatch(_TOKEN, boundary) is not None
    return b"multipart/form-data; boundary=%b" % (boundary if plain else b'"%b"' % boundary)


def is_part_name(name: str) -> bool:
    """Whether a part may have this name."""
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name.encode()) is not None


class FormReader:
    """Reads one form. `feed` and `close` raise InvalidBody for whatever it is not; after that it is of no use."""

    __slots__ = ("_at", "_delimiter", "_parts", "_rest")

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"--" + boundary
        self._at = _At.START
        self._rest = b""
        self._parts = 0

    def feed(self, data: bytes) -> list[Event]:
        """What `data` completes. The end of a content is held back as long as it may be the start of a delimiter."""
        if self._at is _At.END:
            return []
        data = self._rest + data if self._rest else data
        events: list[Event] = []
        while (left := self._step(data, events)) is not None:
            data = left
        return events

    def close(self) -> None:
        """The body has come to its end."""
        if self._at is not _At.END:
            raise InvalidBody("the form is cut: its body ends before the last delimiter")

    def _step(self, data: bytes, events: list[Event]) -> bytes | None:
        """What is left of `data` after one step; None if more must come first, and what is there is kept."""
        if self._at is _At.CONTENT:
            return self._content(data, events)
        if self._at is _At.HEAD:
            return self._head(data, events)
        if self._at is _At.DELIMITED:
            return self._delimited(data, events)
        if self._at is _At.START:
            return self._start(data)
        self._rest = b""
        return None

    def _start(self, data: bytes) -> bytes | None:
        if not data.startswith(self._delimiter[: len(data)]):
            raise InvalidBody("the form does not begin with the delimiter that its Content-Type names")
        if len(data) < len(self._delimiter):
            self._rest = data
            return None
        self._at = _At.DELIMITED
        return data[len(self._delimiter) :]

    def _delimited(self, data: bytes, events: list[Event]) -> bytes | None:
        if len(data) < 2:
            self._rest = data
            return None
        if data.startswith(_LINE):
            self._parts += 1
            if self._parts > MOST_PARTS:
                raise InvalidBody(f"the form has more than {MOST_PARTS} parts")
            self._at = _At.HEAD
        elif data.startswith(_LAST):
            self._at = _At.END
            events.append(Mark.FORM_ENDS)
        else:
            raise InvalidBody("a delimiter of the form is followed by neither a line's end nor '--'")
        return data[2:]

    def _head(self, data: bytes, events: list[Event]) -> bytes | None:
        end = data.find(_HEAD_END, 0, HEAD_LIMIT)
        if data.startswith(_LINE):
            raise InvalidBody("a part of the form has no header fields; it needs a Content-Disposition")
        if end < 0:
            if len(data) >= HEAD_LIMIT:
                raise InvalidBody(f"the header fields of a part of the form are longer than {HEAD_LIMIT} bytes")
            self._rest = data
            return None
        events.append(_part_head(data[:end]))
        self._at = _At.CONTENT
        return data[end + len(_HEAD_END) :]

    def _content(self, data: bytes, events: list[Event]) -> bytes | None:
        found = data.find(self._delimiter)
        if found < 0:
            # All but what may be the first part of CRLF and the delimiter.
            sure = max(0, len(data) - len(self._delimiter) - 1)
            if sure:
                events.append(data[:sure])
            self._rest = data[sure:]
            return None
        if data[max(0, found - 2) : found] != _LINE:
            raise InvalidBody("the delimiter of the form stands within a part; it must occur nowhere in its contents")
        if found > 2:
            events.append(data[: found - 2])
        events.append(Mark.PART_ENDS)
        self._at = _At.DELIMITED
        return data[found + len(self._delimiter) :]


def _part_head(head: bytes) -> PartHead:
    lines = head.split(_LINE)
    if len(lines) > MOST_FIELDS:
        raise InvalidBody(f"a part of the form has more than {MOST_FIELDS} header fields")
    given: dict[bytes, bytes] = {}
    kept = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise InvalidBody(f"a header field of a part of the form is not one: {_shown(line)}")
        name = field[1].lower()
        if name in given:
            raise InvalidBody(f"a part of the form has several header fields {_shown(name)}")
        given[name] = field[2].rstrip(b" \t")
        if name != b"content-length":
            kept.append(line)
    if given.get(b"content-type", b"").lstrip().lower().startswith(b"multipart/"):
        raise InvalidBody("a part of the form is a form itself; send its parts one by one")
    encoding = given.get(b"content-transfer-encoding", b"binary")
    if encoding.lower() not in _PLAIN:
        raise InvalidBody(f"a part of the form is encoded in {_shown(encoding)}; send it as it is")
    name, is_file = _disposition(given.get(b"content-disposition", b""))
    return PartHead(name.decode(), is_file, _LINE.join(kept))


def _disposition(value: bytes) -> tuple[bytes, bool]:
    """The name of a part, and whether it is a file."""
    kind, _, _ = value.partition(b";")
    parameters = _parameters(value[len(kind) :])
    if kind.strip(b" \t").lower() != b"form-data" or parameters is None or not _reads_alike(value, parameters):
        raise InvalidBody(f'a part of the form has the Content-Disposition {_shown(value)}; send form-data; name="..."')
    name = parameters.get(b"name", b"")
    if len(name) > _LONGEST_NAME or _NAME.fullmatch(name) is None:
        accepted = f"1 to {_LONGEST_NAME} letters, digits, '_', '-', '.' and brackets at the end"
        raise InvalidBody(f"a part of the form is called {_shown(name)}; a name is {accepted}")
    return name, b"filename" in parameters or b"filename*" in parameters


def _reads_alike(value: bytes, parameters: dict[bytes, bytes]) -> bool:
    """Whether no reader finds another name in a Content-Disposition.

    Some put a name together from `name*0` and `name*1`. Others know no backslash, or miscount them, and see the end of
    a quoted value elsewhere; what they then read goes on as a parameter only behind a semicolon.
    """
    if not parameters.keys() <= _PARAMETERS:
        return False
    return b"\\" not in value or not any(b";" in each for each in parameters.values())


def _parameters(text: bytes) -> dict[bytes, bytes] | None:
    """Parameters as they follow a value, names in lower case; None if they are none, or one comes twice."""
    found: dict[bytes, bytes] = {}
    at = 0
    text = text.rstrip(b" \t")
    while at < len(text):
        parameter = _PARAMETER.match(text, at)
        if parameter is None or parameter[1].lower() in found:
            return None
        value = parameter[2]
        found[parameter[1].lower()] = value[1:-1] if value.startswith(b'"') else value
        at = parameter.end()
    return found


def _shown(value: bytes) -> str:
    return repr(value[:80].decode("latin-1"))
