"""The words that the registry and assets APIs have for kinds."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from headgate.catalogue.kinds import (
    CATEGORIES,
    CATEGORY_WORDS,
    MODE_WORDS,
    MODES,
    Kind,
    kind_of_category,
    kind_of_mode,
)


@pytest.mark.parametrize("kind", list(Kind))
def test_writing_the_word_that_an_entry_shows_changes_nothing(kind: Kind) -> None:
    assert kind_of_category(CATEGORIES[kind], kind, abilities=["asr"]) is kind
    assert kind_of_mode(MODES[kind], kind) is kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("llm", Kind.CHAT),
        ("embedding", Kind.EMBEDDING),
        ("image", Kind.IMAGE),
        ("speech", Kind.SPEECH),
        ("rerank", Kind.RERANK),
        ("moderation", Kind.MODERATION),
        ("video", Kind.VIDEO),
    ],
)
def test_a_category_sets_the_first_kind_listed_with_it(word: str, kind: Kind) -> None:
    assert kind_of_category(word) is kind


@pytest.mark.parametrize(
    ("abilities", "kind"),
    [
        pytest.param(("asr",), Kind.TRANSCRIPTION, id="it hears"),
        pytest.param(("tts",), Kind.SPEECH, id="it speaks"),
        pytest.param(("asr", "tts"), Kind.SPEECH, id="it does both"),
        pytest.param((), Kind.SPEECH, id="nothing is said, so it does both"),
    ],
)
def test_abilities_tell_the_kinds_of_speech_apart(abilities: Collection[str], kind: Kind) -> None:
    assert kind_of_category("speech", Kind.CHAT, abilities=abilities) is kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("chat", Kind.CHAT),
        ("completion", Kind.COMPLETION),
        ("embedding", Kind.EMBEDDING),
        ("image_generation", Kind.IMAGE),
        ("audio_transcription", Kind.TRANSCRIPTION),
        (None, Kind.CHAT),
    ],
)
def test_a_mode_sets_its_kind_and_none_acts_as_chat(word: str | None, kind: Kind) -> None:
    assert kind_of_mode(word) is kind


def test_an_unknown_word_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match=", ".join(CATEGORY_WORDS)):
        kind_of_category("chat")
    with pytest.raises(ValueError, match=", ".join(MODE_WORDS)):
        kind_of_mode("llm")
