"""Conditions as exact sets: what each operator says about the values of one context key, and about its absence."""
