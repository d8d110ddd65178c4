"""The command line: `serve`, and the commands on a data directory."""
