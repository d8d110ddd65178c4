"""Rules of HTTP/1.1 for both sides: caps, header checks, framing. Pure."""
