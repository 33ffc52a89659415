"""A comparison for people and for code hosts: text, Markdown, SARIF. Its JSON is `Comparison.to_json`."""
