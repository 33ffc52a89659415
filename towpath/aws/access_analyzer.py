"""IAM Access Analyzer as the second opinion: its check of one policy document against another.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html: FAIL says that the new policy
might allow more. Trust policies are resource policies there. A service that cannot answer gives no opinion and
says why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from towpath.aws.errors import aws_errors
from towpath.errors import TowpathError
from towpath.review.ports import Opinion


class AccessAnalyzerOpinion:
    """`towpath.review.ports.SecondOpinion` on IAM Access Analyzer."""

    def __init__(self, client: Any) -> None:
        """`client` is a boto3 client of `accessanalyzer`."""
        self._client = client
        self._gone = ""

    def no_new_access(self, old: Mapping[str, Any], new: Mapping[str, Any], *, names_principals: bool) -> Opinion:
        if self._gone:
            # It was throttled, denied or down a moment ago: every further question would only take its time.
            return Opinion(None, self._gone)
        try:
            with aws_errors("asking IAM Access Analyzer for a second opinion"):
                try:
                    found = self._client.check_no_new_access(
                        existingPolicyDocument=json.dumps(old),
                        newPolicyDocument=json.dumps(new),
                        policyType="RESOURCE_POLICY" if names_principals else "IDENTITY_POLICY",
                    )
                except (
                    self._client.exceptions.ValidationException,
                    self._client.exceptions.InvalidParameterException,
                    self._client.exceptions.UnprocessableEntityException,
                ) as error:
                    return Opinion(None, f"it does not take the policy ({error})")
        except TowpathError as error:
            self._gone = str(error)
            return Opinion(None, self._gone)
        result = found.get("result", "")
        if result not in ("PASS", "FAIL"):
            return Opinion(None, f"it answered {result or 'nothing'}")
        reasons = [item.get("description", "") for item in found.get("reasons", [])]
        says = " ".join(filter(None, (f"CheckNoNewAccess: {result}.", found.get("message", ""), *reasons)))
        return Opinion(result == "FAIL", says)
