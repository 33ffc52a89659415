"""Which release of the service this code belongs to."""

RELEASE = "1.1.1"
