"""The ledger in SQL: what was used and what it cost, in a database of its own."""
