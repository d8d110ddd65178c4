"""The use cases, and what they need from outside (`ports`). No HTTP library, no SQL, no web framework."""
