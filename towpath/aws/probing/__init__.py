"""Sends probes into one environment with its probe role: one file per kind of request."""

from towpath.aws.probing.prober import AwsProber

__all__ = ["AwsProber"]
