"""Which of AWS's error codes mean "later", and which mean "no".

The codes are those that the services document as throttling or as failures of their own; everything else that a service
answers is a refusal and is not tried again. A caller that can use a code (a conditional write that lost, a stack
that is not there) catches botocore's ClientError inside the `with` block; what leaves it is one of our own errors.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from towpath.errors import AwsUnavailable, RefusedByAws, ThrottledByAws, TowpathError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

THROTTLING = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
UNAVAILABLE = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "OperationAborted",
        "RequestTimeout",
        "RequestTimeoutException",
        "ResourceConflictException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "TransactionConflictException",
    }
)
_SERVER_ERROR = 500


def error_code(error: ClientError) -> str:
    """The service's own code, such as `ValidationError`; empty when it sent none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def translate(error: ClientError, doing: str) -> TowpathError:
    """Our error for one of AWS's. `doing` is a phrase that follows "while", such as "reading the change set"."""
    code = error_code(error)
    message = f"while {doing}: {error}"
    if code in THROTTLING:
        return ThrottledByAws(message)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in UNAVAILABLE or status >= _SERVER_ERROR:
        return AwsUnavailable(message)
    return RefusedByAws(message, code)


@contextmanager
def aws_errors(doing: str) -> Generator[None]:
    """What botocore raises inside leaves as a Retryable or a Terminal error that says what was being done."""
    # Imported here: a handler must not pay for botocore before it talks to AWS.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise translate(error, doing) from error
    except BotoCoreError as error:
        raise AwsUnavailable(f"while {doing}: {error}") from error
