"""Puts functions under rollout: a version per content, an alias that the pipeline moves, and triggers on the alias."""
