"""Secrets at rest: sealed under the master key, opened for the one adapter that sends them."""
