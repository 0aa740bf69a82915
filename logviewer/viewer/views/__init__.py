"""The pages: one module each. A view parses, asks, renders."""
