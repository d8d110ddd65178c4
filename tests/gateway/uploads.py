"""Forms that are uploaded on the stage, and what came of them."""

from __future__ import annotations

from headgate.catalogue.kinds import Kind
from headgate.core.failure import Failure, FailureKind
from headgate.gateway.call_upload import UploadCall
from headgate.gateway.ports import RequestHead
from tests.dialects.forms import CONTENT_TYPE, file, form, part
from tests.gateway.stage import GOOD_KEY, Stage, endpoint_at, entry

MIB = 1024 * 1024
PATH = "/v1/audio/transcriptions"
MODEL = part("model", b"hear")
SMALL = form(MODEL, file(b"sound"))
SENT = form(part("model", b"hear-upstream"), file(b"sound"))
JSON = ((b"content-type", b"application/json"),)
ANSWER = b'{"text":"Hello","usage":{"type":"tokens","input_tokens":1,"output_tokens":2,"total_tokens":3}}'
RESET = Failure(kind=FailureKind.RESET, message="reset")


def stage(*, ready: bool = True, **fields: object) -> Stage:
    made = Stage(
        entry("hear", kind=Kind.TRANSCRIPTION, failover="other", **fields),
        entry("other", kind=Kind.TRANSCRIPTION),
        ready=ready,
    )
    made.endpoint = endpoint_at(PATH)
    return made


def admitted(on: Stage, content_type: bytes = CONTENT_TYPE) -> UploadCall:
    """A call whose body is awaited."""
    call = UploadCall(on.road(), on.client, on.endpoint)
    call.head(RequestHead(PATH.encode(), b"", (*GOOD_KEY, (b"content-type", content_type)), ""))
    return call


def uploaded(on: Stage, body: bytes = SMALL) -> UploadCall:
    call = admitted(on)
    call.body(body)
    call.body_complete()
    return call


def body_of(on: Stage, attempt: int = 1) -> bytes:
    """What an upstream was sent."""
    return b"".join(each[2] for each in on.did if each[0] == "body" and each[1] == attempt)


def names(on: Stage) -> list[str]:
    return [each[0] for each in on.did]
