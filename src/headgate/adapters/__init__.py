"""What touches the outside: databases, sockets, keys, measurements. Each implements ports of `gateway`."""
