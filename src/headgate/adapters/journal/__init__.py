"""The journal: frames in segments on disk, written before anything else happens and read back after a crash."""
