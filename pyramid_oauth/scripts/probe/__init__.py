"""Probes of a running deployment from outside, over HTTP, as a client would see it.

`client` sends the requests, `rules` holds the machinery of findings. Each other module
observes one party once and has its rules: one function each, without requests.
"""
