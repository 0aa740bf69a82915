"""What `demo` and the tests put beside the service: a Slack of their own, and an address with a mistake in it."""
