"""Whether a definition is one that Step Functions takes: everything that is wrong with it, and where.

The codes and the words are those that AWS answers ValidateStateMachineDefinition with, as far as they are known.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html and
https://states-language.net/spec.html
"""

from local_cloud.asl.validation.diagnostic import Diagnostic
from local_cloud.asl.validation.machine import diagnose

__all__ = ["Diagnostic", "diagnose"]
