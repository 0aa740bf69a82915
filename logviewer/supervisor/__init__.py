"""The process behind `manage.py up`: keeps Postgres, the web server and the worker running, and ends them in order.

It lives as long as the product does, so it imports neither Django nor anything else that takes memory.
"""
