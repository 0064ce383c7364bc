"""Pictures, drawn as SVG from a few lines of text while the pages are built.

No library fits: those for sequences need a browser, a service or a binary, or draw in
fixed colors and a fixed width. These scale to a phone, in the colors of the page.
"""
