"""Django's backend for Postgres, with a pool that tells dead connections without asking the server."""
