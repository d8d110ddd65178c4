"""What can be asked of an entry, by its kind and its abilities."""

from __future__ import annotations

import pytest

from headgate.catalogue.kinds import Kind
from headgate.catalogue.operations import Operation, operations

HEARS = {Operation.TRANSCRIPTION, Operation.TRANSLATION}
SPEAKS = {Operation.SPEECH}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_operations(kind: Kind) -> None:
    assert isinstance(operations(kind, ()), frozenset)


@pytest.mark.parametrize("kind", [Kind.TRANSCRIPTION, Kind.SPEECH])
@pytest.mark.parametrize(
    ("abilities", "opened"),
    [
        pytest.param((), HEARS | SPEAKS, id="none"),
        pytest.param(("asr",), HEARS, id="hears"),
        pytest.param(("tts",), SPEAKS, id="speaks"),
        pytest.param(("tts", "asr"), HEARS | SPEAKS, id="both"),
        pytest.param(("loud",), HEARS | SPEAKS, id="an unknown one"),
    ],
)
def test_speech_goes_both_ways_unless_its_abilities_say_one(
    kind: Kind, abilities: tuple[str, ...], opened: set[Operation]
) -> None:
    assert operations(kind, abilities) == opened


@pytest.mark.parametrize(
    ("abilities", "opened"),
    [
        ((), {Operation.IMAGE, Operation.IMAGE_EDIT}),
        (("edit",), {Operation.IMAGE_EDIT}),
        (("generate",), {Operation.IMAGE}),
    ],
)
def test_images_are_made_and_edited_unless_abilities_say_one(
    abilities: tuple[str, ...], opened: set[Operation]
) -> None:
    assert operations(Kind.IMAGE, abilities) == opened


def test_a_chat_model_also_goes_on_with_texts_and_orders_documents() -> None:
    assert operations(Kind.CHAT, ("vision",)) == {Operation.CHAT, Operation.COMPLETION, Operation.RERANK}


@pytest.mark.parametrize("kind", [Kind.VIDEO, Kind.MODERATION])
def test_some_kinds_are_only_kept(kind: Kind) -> None:
    assert operations(kind, ()) == frozenset()
