"""The commands of the ledger, one module each, imported when it is asked for."""
