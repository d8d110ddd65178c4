"""The upstream side: connections to providers, what may be connected to, and how a secret is presented."""
