"""Which model `model: "auto"` stands for: what an organization's routing says about one request.

The answer is a list of names, the best first: a name that the caller may not call is passed over, and what nothing is
left of goes to the default model. A classifier is asked elsewhere; here is only what it is asked and how its answer
is read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from headgate.catalogue.offer import Offer
from headgate.core.overlay import AutoRouting, Comparison, RoutingRule, Strategy

AUTO: Final = "auto"
"""The name is reserved: no entry has it."""

_COMPARED: Final[Mapping[Comparison, Callable[[int, int], bool]]] = {
    Comparison.LESS: operator.lt,
    Comparison.MORE: operator.gt,
    Comparison.AT_MOST: operator.le,
    Comparison.AT_LEAST: operator.ge,
    Comparison.EQUAL: operator.eq,
}


def by_rules(routing: AutoRouting, *, messages: int) -> RoutingRule | None:
    """The first rule that holds."""
    for rule in routing.rules:
        if _COMPARED[rule.messages_count](messages, rule.value):
            return rule
    return None


def asks_classifier(routing: AutoRouting, *, messages: int) -> bool:
    """Whether the strategy needs a classifier for this request."""
    if not routing.classifier_model or not routing.candidates:
        return False
    if routing.strategy is Strategy.HYBRID:
        return by_rules(routing, messages=messages) is None
    return routing.strategy is Strategy.CLASSIFIER


def candidates(routing: AutoRouting, *, messages: int, offers: Callable[[], Iterable[Offer]]) -> Iterator[str]:
    """Names in order of preference. `offers` are those that the caller sees, asked for by capability only."""
    match routing.strategy:
        case Strategy.RULES | Strategy.HYBRID:
            rule = by_rules(routing, messages=messages)
            if rule is not None:
                yield rule.model
        case Strategy.CAPABILITIES if routing.tags:
            for offer in offers():
                if routing.tags <= offer.tags:
                    yield offer.name
        case Strategy.COST:
            yield from routing.tiers.get(routing.tier, ())


def question(routing: AutoRouting, text: str) -> str:
    """What a classifier is asked about a request whose last words are `text`."""
    listed = "\n".join(f"- {name}" for name in routing.candidates)
    return (
        "Choose the model that fits the request best. Answer with its name alone, exactly as it is listed.\n"
        f"Models:\n{listed}\n\nRequest:\n{text}"
    )


def chosen(routing: AutoRouting, answer: str) -> str | None:
    """The candidate that a classifier's answer names, None if it names none or several."""
    words = answer.strip().strip("`\"'. ")
    if words in routing.candidates:
        return words
    found = [name for name in routing.candidates if name in answer]
    return found[0] if len(found) == 1 else None
