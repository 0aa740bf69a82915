"""The Learning Platform API: cohorts, courses and the students assigned to them.

It stands beside logviewer the way any other service does: its own process, settings and database. Of ours it
knows only `logviewer_client`, which ships what it logs.
"""
