"""Reads zips that somebody else made, perhaps with intent: streaming, in constant memory, refusing by name."""
