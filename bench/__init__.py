"""Measurements of Headgate beside nginx, Envoy and other gateways, over real sockets on one machine."""
