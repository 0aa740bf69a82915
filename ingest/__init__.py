"""How events come in: an HTTP door, protocols behind it, and one pipeline: validate, redact, write."""
