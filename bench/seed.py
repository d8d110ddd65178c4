"""Fill a data directory: `python -m bench.seed --data-dir DIR --entries 100000 --keys 1000000`.

The directory must have had its first start, and nobody may be serving it. Names, providers, tags and prices
vary, so that filters have something to find; the same numbers give the same documents every time.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from headgate.access.identity import Organization, OrganizationKey
from headgate.adapters.sql.bulk import seed_entries, seed_keys
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.opening import open_database
from headgate.catalogue.entry import Document, Pricing
from headgate.catalogue.kinds import Kind
from headgate.catalogue.scope import PLATFORM
from headgate.core.ids import uuid7

TIMEOUT_SECONDS: Final = 900
SEEDER: Final = "bench"
PROVIDERS: Final = ("openai", "azure", "mistral", "groq", "deepseek", "openrouter", "together", "fireworks")
KINDS: Final = (Kind.CHAT, Kind.CHAT, Kind.CHAT, Kind.EMBEDDING, Kind.IMAGE)
REGIONS: Final = ("eu", "us", "ap", None)
TAGS: Final = ("fast", "cheap", "vision", "code", "long-context")


class NotStarted(Exception):
    """The data directory has no organization yet, so nobody could own a key."""


def document(number: int) -> Document:
    """The entry of that number."""
    provider = PROVIDERS[number % len(PROVIDERS)]
    return Document(
        name=f"{provider}/model-{number:06}",
        kind=KINDS[number % len(KINDS)],
        title=f"Model {number}",
        provider=provider,
        upstream_model=f"model-{number}",
        context_window=8_192 << (number % 6),
        max_output_tokens=4_096,
        region=REGIONS[number % len(REGIONS)],
        capabilities={"vision": number % 3 == 0, "text": True},
        tags=(TAGS[number % len(TAGS)], f"team-{number % 500}"),
        pricing=Pricing(Decimal(number % 900) / 100, Decimal(number % 2_700) / 100),
        enabled=number % 50 != 0,
    )


def key(organization: Organization, number: int, *, at: float) -> OrganizationKey:
    """A key that nobody holds: only a digest is kept, and this one belongs to no text."""
    return OrganizationKey(
        id=uuid7(at, os.urandom(10)),
        organization=organization.id,
        name=f"application {number}",
        digest=os.urandom(32),
        last4=f"{number % 10_000:04}",
        permissions=("llm:completions:use", "llm:models:read"),
        created_at=at,
        created_by=SEEDER,
    )


def seed(database: Database, *, entries: int, keys: int, at: float) -> None:
    """Platform entries, and keys of the first organization."""
    organizations = SqlDirectory(database).load().organizations
    if not organizations:
        raise NotStarted("the data directory has no organization: start headgate on it once")
    seed_entries(database, (document(number) for number in range(entries)), scope=PLATFORM, by=SEEDER, at=at)
    seed_keys(database, _keys(organizations[0], keys, at=at))


def seed_in_process(data: Path, *, entries: int, keys: int) -> None:
    """The same in a process of its own, so that the caller's memory stays small."""
    command = [sys.executable, "-m", "bench.seed", "--data-dir", str(data)]
    subprocess.run([*command, "--entries", str(entries), "--keys", str(keys)], check=True, timeout=TIMEOUT_SECONDS)


def _keys(organization: Organization, count: int, *, at: float) -> Iterator[OrganizationKey]:
    return (key(organization, number, at=at) for number in range(count))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.seed", description="Fill a data directory.")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    database = open_database(options.data_dir)
    try:
        seed(database, entries=options.entries, keys=options.keys, at=time.time())
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
