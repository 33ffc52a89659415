"""Which release of the service this code belongs to."""

RELEASE = "1.5.0"
