"""Probes: declared integration checks of a release, what they expect, and what they found."""
