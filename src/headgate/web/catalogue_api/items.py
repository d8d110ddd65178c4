"""The items of a bulk replace, and of the plan of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headgate.catalogue.entry import Document
from headgate.catalogue.merge import replaced, written
from headgate.catalogue.scope import Scope
from headgate.core.errors import InvalidBody, InvalidItems, detail
from headgate.core.json import Json, JsonObject
from headgate.gateway.administer import Item, Write
from headgate.web.bodies import name_of
from headgate.web.catalogue_api.fields import PUBLISHED
from headgate.web.catalogue_api.reading import Problem, Reading, read


def items_of(body: JsonObject) -> list[Json]:
    """The `models` of a body. InvalidBody if it has none, or anything else besides."""
    unknown = [key for key in body if key != "models"]
    problems = [detail(key, f"{key!r} is not known; accepted: models") for key in unknown]
    models = body.get("models")
    if not isinstance(models, list):
        shown = name_of(models) if "models" in body else "nothing"
        problems.append(detail("models", f"'models' takes an array of models, not {shown}"))
    if problems:
        raise InvalidBody(problems[0]["message"], details=problems)
    assert isinstance(models, list), "anything else is a problem"
    return models


def read_items(models: Sequence[Json], *, types: Sequence[str], scope: Scope) -> list[Item]:
    """What each item makes of the entry that has its name. InvalidItems with all that is wrong with any of them."""
    faults: list[Mapping[str, Json]] = []
    items: list[Item] = []
    for index, model in enumerate(models):
        problems, reading = _read(model, types, scope)
        name = model.get("model_id") if isinstance(model, dict) else None
        shown = name[:128] if isinstance(name, str) else None
        faults += [{"index": index, "model_id": shown, **problem} for problem in problems]
        if reading is not None and not problems:
            items.append(_item(reading))
    if faults:
        raise InvalidItems(f"{len({fault['index'] for fault in faults})} items cannot be stored", details=faults)
    return items


def _read(model: Json, types: Sequence[str], scope: Scope) -> tuple[list[Problem], Reading | None]:
    if not isinstance(model, dict):
        return [detail("", f"an item is an object, not {name_of(model)}")], None
    reading = read(model, types)
    missing = [key for key in ("model_id", "type") if model.get(key) in (None, "")]
    problems = [detail(key, f"{key!r} is required") for key in missing]
    problems += [problem for problem in reading.problems if problem["path"] not in missing]
    marked = model.get("scope")
    if marked not in (None, scope.key):
        problems.append(detail("scope", f"the item is marked as one of another scope than {scope.key!r}"))
    return problems, reading


def _item(reading: Reading) -> Item:
    assert reading.name is not None, "a missing name is a problem"
    name = reading.name

    def change(before: Document | None) -> Write:
        if before is None:
            return Write(written(None, {"name": name, **reading.with_kind(None)}), reading.secret)
        return Write(replaced(before, reading.with_kind(before.kind), shown=PUBLISHED), reading.secret)

    return Item(name, change)
