"""Features of pictures: pure functions of pixels, the same for a stored picture and for a query picture."""

#: Part of every fingerprint that a feature shapes: raise it when a function here gives other numbers than before.
#: (Hashes of pictures without contrast became zeros in version 1: no reason to label every collection again.)
VERSION = 1
