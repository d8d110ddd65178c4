"""Rules of this project that no other tool checks, as programs. `make check` runs them."""
