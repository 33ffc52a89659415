"""Sets of strings and of ordered values, with exact union, intersection, difference and emptiness."""
