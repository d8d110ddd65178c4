"""What the catalogue API shows of an entry, and that it can be sent back."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import SEED_TYPES, TYPES, Kind
from headgate.catalogue.merge import replaced, written
from headgate.core.json import JsonObject, encode
from headgate.web.bodies import decode_object
from headgate.web.catalogue_api import view
from headgate.web.catalogue_api.fields import IDENTITY, PUBLISHED, TABLE
from headgate.web.catalogue_api.reading import checked, read, read_new
from tests.web.catalogue_api.documents import DOCUMENTS, offer_of


def over_the_wire(body: JsonObject) -> JsonObject:
    return decode_object(encode(body))


def everything_shown(document: Document) -> JsonObject:
    offer = offer_of(document)
    return over_the_wire({**view.shown(offer, ["a warning"], wall=1.0), **view.superset(offer)})


@given(DOCUMENTS)
def test_what_is_shown_can_be_sent_back_as_a_patch_and_changes_nothing(document: Document) -> None:
    reading = checked(read(everything_shown(document), TYPES))

    assert written(document, reading.with_kind(document.kind)) == document


@given(DOCUMENTS)
def test_what_is_shown_can_be_sent_back_in_a_bulk_replace_and_changes_nothing(document: Document) -> None:
    reading = checked(read(everything_shown(document), TYPES))

    assert replaced(document, reading.with_kind(document.kind), shown=PUBLISHED) == document


@given(DOCUMENTS)
def test_what_is_shown_makes_an_entry_elsewhere_that_shows_the_same(document: Document) -> None:
    reading = read_new(everything_shown(document), TYPES)

    made = written(None, {"name": reading.name, **reading.with_kind(None)})

    assert view.shown_document(made) == view.shown_document(document)


@given(DOCUMENTS)
def test_every_field_of_the_schema_appears_except_unset_strings(document: Document) -> None:
    body = view.shown(offer_of(document), wall=1.0)

    assert {*IDENTITY, *TABLE} - set(body) == {key for key in ("failover", "region") if getattr(document, key) is None}


def test_unset_fields_read_as_their_schema_has_it() -> None:
    body = view.shown_document(Document(name="m", kind=Kind.CHAT))

    assert body == {
        "model_id": "m",
        "type": "completion",
        "display": {},
        "capabilities": {},
        "limits": {},
        "dimensions": None,
        "supported_dimensions": (),
        "metrics": None,
        "provider_config": {},
        "pricing": {},
        "tags": (),
        "org_slugs": (),
        "enabled": True,
        "description": None,
    }


def test_an_object_reads_back_as_exactly_what_was_written() -> None:
    given_objects: JsonObject = {
        "display": {"name": "Four", "hidden": False},
        "limits": {"context_window": 128000, "timeout": 30, "images": 4},
        "provider_config": {"batch_size": 10, "defaults": {"max_tokens": 5, "top_k": 40}},
        "pricing": {"input_per_1m_tokens": Decimal("2.5"), "output_per_1m_tokens": Decimal("0.000001")},
    }
    reading = read_new({"model_id": "m", "type": "completion", **given_objects}, SEED_TYPES)

    body = everything_shown(written(None, {"name": "m", **reading.with_kind(None)}))

    assert {key: body[key] for key in given_objects} == given_objects


def test_prices_are_shown_with_the_digits_that_were_written() -> None:
    body = decode_object(b'{"model_id":"m","type":"completion","pricing":{"input_per_1m_tokens":0.075,'
                         b'"output_per_1m_tokens":1e-6}}')  # fmt: skip
    reading = read_new(body, TYPES)

    shown = encode(view.shown_document(written(None, {"name": "m", **reading.with_kind(None)})))

    prices = msgspec.json.decode(shown, type=dict[str, msgspec.Raw])["pricing"]
    assert bytes(prices) == b'{"input_per_1m_tokens":0.075,"output_per_1m_tokens":0.000001}'


def test_an_api_key_is_no_part_of_the_document() -> None:
    body: JsonObject = {"model_id": "m", "type": "completion", "provider_config": {"api_key": "sk-1234", "model": "u"}}
    reading = read_new(body, TYPES)

    made = written(None, {"name": "m", **reading.with_kind(None)})

    assert view.shown_document(made)["provider_config"] == {"model": "u"}
    assert "sk-1234" not in repr(reading)


def test_times_are_written_as_rfc_3339() -> None:
    body = view.shown(offer_of(Document(name="m", kind=Kind.CHAT)), wall=1.0)

    assert (body["created_at"], body["updated_at"]) == ("2023-11-14T22:13:20.250Z", "2023-11-14T22:15:00.000Z")


def test_a_row_for_sdk_clients_has_the_fields_of_both() -> None:
    assert view.listed(offer_of(Document(name="m", kind=Kind.CHAT, title="Model M"))) == {
        "id": "m",
        "object": "model",
        "type": "model",
        "created": 1_700_000_000,
        "created_at": "2023-11-14T22:13:20.250Z",
        "owned_by": "platform",
        "display_name": "Model M",
    }
