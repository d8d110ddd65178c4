"""Headgate: a self-hosted LLM gateway whose source of truth is a model catalogue."""

from typing import Final

__version__: Final = "0.1.0"
