"""The socket door: lines of Logstash's senders over TCP, TLS and UDP, on their way into the pipeline of HTTP.

Nobody is told what became of a line: the protocol has no acknowledgement. docs/decisions/0015-logstash-door.md
"""
