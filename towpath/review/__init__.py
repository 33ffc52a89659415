"""What one promotion would do to an environment, made readable, judged by gates and bound by a digest: the plan."""
