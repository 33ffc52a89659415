"""How traffic moves to a new version, what probes it on the way, and how long it bakes."""
