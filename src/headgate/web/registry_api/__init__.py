"""The registry API: people register models of their own and share them with their organization."""
