"""The management pages: one module a page."""
