"""Words that every package shares. Standard library and msgspec only."""
