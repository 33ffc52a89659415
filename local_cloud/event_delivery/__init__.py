"""What EventBridge does once a rule has matched: deliver to each target, try again, at last write a dead letter."""
