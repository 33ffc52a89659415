"""What a person can do about an error of AWS: whether credentials, permission, the bucket or the network is at fault.

Decided from the error that botocore raised beneath ours. Where there is nothing useful to say, nothing is said.
"""

from __future__ import annotations

import os
from typing import Final

_SIGN_IN: Final = (
    'Sign in again, or choose another AWS_PROFILE. For the embedded AWS: eval "$(towpath local env)" in this shell.'
)
_PERMISSION: Final = (
    "These credentials may not do that. The pipeline's stack names a policy for each kind of person: "
    "UploaderPolicyArn, ReviewerPolicyArn, OperatorPolicyArn."
)
_UNREACHABLE: Final = "Check the network and AWS_REGION."
_NOT_ACCEPTED: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "NotAuthorized",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "Forbidden", "403", "UnauthorizedOperation"})


def advice(error: Exception) -> str:
    """A sentence on what to do, or nothing."""
    beneath: BaseException | None = error
    while beneath is not None:
        if type(beneath).__module__.startswith("botocore"):
            return _of(beneath)
        beneath = beneath.__cause__
    return ""


def _of(error: BaseException) -> str:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _NOT_ACCEPTED:
            return _SIGN_IN
        if code in _DENIED:
            return _PERMISSION
        return "Correct --bucket, or leave it out: the pipeline's stack names it." if code == "NoSuchBucket" else ""
    signed_out = (
        exceptions.CredentialRetrievalError,
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.ProfileNotFound,
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
    )
    if isinstance(error, signed_out):
        return _SIGN_IN
    return _unreachable() if isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError)) else ""


def _unreachable() -> str:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        return f"AWS_ENDPOINT_URL says {endpoint}: is the embedded AWS up there? `towpath local status` knows."
    return _UNREACHABLE
