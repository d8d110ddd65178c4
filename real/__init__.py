"""A real language model answers through Headgate, and the transcript of it."""
