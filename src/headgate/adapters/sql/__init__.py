"""The SQL store: SQLite in the data directory, or a PostgreSQL database. One process writes, through one thread."""
