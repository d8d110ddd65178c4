"""Request heads: what every request carries, and how a secret is presented."""

from __future__ import annotations

import pytest

from headgate import __version__
from headgate.adapters.upstream.auth import Head, Heads
from headgate.catalogue.credential import Credential, Sealed, StoredCredential
from headgate.catalogue.scope import PLATFORM
from headgate.core.failure import Failure, FailureKind
from headgate.core.secret import Secret
from tests.adapters.upstream.rig import BODY, PATH, Book, Rig, make_offer
from tests.origin.script import answer, answering
from tests.origin.server import Origin

SEALED = Sealed(key_id="k", wrapped_key=b"", nonce=b"", ciphertext=b"")
ORIGIN = "https://api.openai.com"


def stored(*origins: str, version: int = 1) -> StoredCredential:
    credential = Credential(id="c", scope=PLATFORM, provider="openai", origins=origins, version=version)
    return StoredCredential(credential, SEALED)


def head_of(book: Book, *, provider: str = "openai", url: str | None = None) -> bytes | Failure:
    head = Heads(book, book).head(make_offer(url, provider=provider))
    return head if isinstance(head, Failure) else head.start("/v1/x")


@pytest.mark.anyio
async def test_a_request_carries_what_it_needs_and_nothing_else(rig: Rig) -> None:
    with Origin(answering(answer())) as origin:
        rig.book.stored = stored(origin.url)
        await rig.call(make_offer(f"{origin.url}/base", provider="openai"))

    request = origin.requests[0]
    assert request.line == f"POST {PATH} HTTP/1.1".encode()
    assert request.fields == [
        (b"host", f"127.0.0.1:{origin.port}".encode()),
        (b"authorization", b"Bearer sk-canary"),
        (b"content-type", b"application/json"),
        (b"accept-encoding", b"identity"),
        (b"user-agent", f"headgate/{__version__}".encode()),
        (b"content-length", str(len(BODY)).encode()),
    ]
    assert request.body == BODY


@pytest.mark.anyio
@pytest.mark.parametrize("size", [0, 1, 32 * 1024, 32 * 1024 + 1, 3_000_000])
async def test_a_body_of_any_size_arrives_whole(rig: Rig, size: int) -> None:
    body = b"x" * size
    with Origin(answering(answer())) as origin:
        await rig.call(origin.url, body)

    assert origin.requests[0].body == body


def test_a_provider_may_name_its_own_header() -> None:
    head = head_of(Book(stored("https://a.openai.azure.com")), provider="azure", url="https://a.openai.azure.com")

    assert isinstance(head, bytes)
    assert b"\r\napi-key: sk-canary\r\n" in head
    assert b"uthorization" not in head


def test_of_a_secret_that_is_an_object_the_api_key_is_presented() -> None:
    head = head_of(Book(stored(ORIGIN), secret='{"api_key":"sk-inner","project":"p"}'))

    assert isinstance(head, bytes)
    assert b"\r\nauthorization: Bearer sk-inner\r\n" in head


def test_an_object_without_an_api_key_is_not_sent() -> None:
    failure = head_of(Book(stored(ORIGIN), secret='{"token":"sk-inner"}'))

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.CREDENTIAL_MISSING
    assert "sk-inner" not in failure.message


def test_a_provider_may_ask_for_headers_that_are_always_the_same() -> None:
    head = head_of(Book(stored("https://api.anthropic.com")), provider="claude")

    assert isinstance(head, bytes)
    assert b"\r\nx-api-key: sk-canary\r\n" in head
    assert b"\r\nanthropic-version: 2023-06-01\r\n" in head
    assert b"uthorization" not in head


def test_a_call_without_a_credential_is_sent_without_one() -> None:
    head = head_of(Book(None), provider="ollama")

    assert isinstance(head, bytes)
    assert b"uthorization" not in head


def test_the_host_is_that_of_the_url_without_the_schemes_own_port() -> None:
    head = head_of(Book(None), provider="vllm", url="http://models.example:80/v1")

    assert isinstance(head, bytes)
    assert b"\r\nhost: models.example\r\n" in head


def test_a_refusal_of_the_book_is_passed_on() -> None:
    refusal = Failure(kind=FailureKind.CREDENTIAL_MISSING, message="none")

    assert head_of(Book(refusal)) is refusal


def test_a_secret_goes_only_to_the_origins_that_it_was_given_for() -> None:
    book = Book(stored(ORIGIN))
    failure = head_of(book, url="https://elsewhere.example/v1")

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.CREDENTIAL_MISSING
    assert "must be entered again" in failure.message
    assert book.opened == 0


@pytest.mark.parametrize("secret", ["", "a\r\nx: y", "a\nb", "a\x00b", "a\x7f", "a ", "a\n"], ids=ascii)
def test_a_secret_that_would_write_other_headers_is_refused(secret: str) -> None:
    failure = head_of(Book(stored(ORIGIN), secret=secret))

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.CREDENTIAL_MISSING


def test_a_secret_that_does_not_open_is_refused() -> None:
    class Broken:
        def open(self, stored: StoredCredential) -> Secret:
            raise ValueError("sealed for another tenant")

    failure = Heads(Book(stored(ORIGIN)), Broken()).head(make_offer(None, provider="openai"))

    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.CREDENTIAL_MISSING


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/v1/chat/completions", b"POST /v1/chat/completions HTTP/1.1"),
        ("/openai/x?api-version=2024-10-21", b"POST /openai/x?api-version=2024-10-21 HTTP/1.1"),
        ("/v1/a%2Fb", b"POST /v1/a%2Fb HTTP/1.1"),
        ("/v1/a b\r\nx: y", b"POST /v1/a%20b%0D%0Ax:%20y HTTP/1.1"),
        ("/v1/ä#b", b"POST /v1/%C3%A4%23b HTTP/1.1"),
    ],
)
def test_a_path_stays_one_path(path: str, line: bytes) -> None:
    head = Heads(Book(), Book()).head(make_offer("http://models.example/v1"))

    assert isinstance(head, Head)
    assert head.start(path).partition(b"\r\n")[0] == line


def test_a_head_is_built_once_for_an_offer_and_its_credential() -> None:
    book = Book(stored(ORIGIN))
    heads, offer = Heads(book, book), make_offer(None, provider="openai")

    assert heads.head(offer) is heads.head(offer)
    assert book.opened == 1


def test_a_replaced_credential_is_in_force_at_once() -> None:
    book = Book(stored(ORIGIN))
    heads, offer = Heads(book, book), make_offer(None, provider="openai")
    heads.head(offer)
    book.stored, book.secret = stored(ORIGIN, version=2), "sk-second"
    head = heads.head(offer)

    assert isinstance(head, Head)
    assert b"Bearer sk-second" in head.start("/")


def test_a_credential_that_is_gone_is_not_remembered() -> None:
    book = Book(stored(ORIGIN))
    heads, offer = Heads(book, book), make_offer(None, provider="openai")
    heads.head(offer)
    book.stored = Failure(kind=FailureKind.CREDENTIAL_MISSING, message="none")

    assert heads.head(offer) is book.stored


def test_a_changed_offer_has_a_head_of_its_own() -> None:
    heads = Heads(Book(), Book())
    first, second = make_offer("http://models.example/v1"), make_offer("http://models.example/v1")
    assert first.uid == second.uid
    former, latter = heads.head(first), heads.head(second)

    assert former is not latter
    assert len(heads) == 1


def test_heads_that_nobody_uses_are_forgotten() -> None:
    heads, offer = Heads(Book(), Book()), make_offer("http://models.example/v1")
    heads.head(offer)
    heads.sweep()
    kept = len(heads)
    heads.sweep()

    assert (kept, len(heads)) == (1, 0)
