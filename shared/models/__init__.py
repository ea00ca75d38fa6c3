"""Pretrained networks: how to get one, give it one face, keep it on the volume and run it.

Everybody who only looks at pictures needs `store.current` and `session.embedder`; installing (`installation`, `quantise`)
is the embedding stage's.
"""

import os

# ONNX Runtime would write an identifier into the home folder and report its use; it asks once, when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
