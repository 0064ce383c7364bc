"""Reference pages, written from the code: each module has `text()`, which returns reST.

Nothing here imports Sphinx, so that the tests need not have it.
"""
