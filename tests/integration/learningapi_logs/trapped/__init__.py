"""The service with addresses where it goes wrong in every way that real ones have leaked secrets by."""
