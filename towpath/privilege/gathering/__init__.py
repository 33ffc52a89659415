"""Gathers every grant that a template makes: one file per family of resources, keyed by whom or what it is about."""
