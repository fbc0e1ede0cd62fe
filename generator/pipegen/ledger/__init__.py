"""The ledger: what happened to which model version, append-only; this package needs the standard library alone."""
