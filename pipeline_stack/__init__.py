"""Towpath as CDK constructs, one per file. What the settings say arrives as the plain values of `props`."""
