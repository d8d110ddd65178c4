"""Who may: identities, the format of keys, permissions, rate arithmetic. Pure."""
