"""The assets API: a project's models, below `/assets/models`."""
