"""Why one request is allowed or denied on each side of a comparison: the point evaluator's answer, by statement."""
