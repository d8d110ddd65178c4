"""Which entry to try next, and when to stop. Pure."""
