"""One module per wire format: bytes in, events out. Pure."""
