"""A small network in place of the zoo's MobileNetV2, which tests can serve."""

from embedding.networks.registry import MOBILENETV2
from tests.embedding.networks.networks import zoo_like

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody answers
BODY = zoo_like().SerializeToString()
PATH = "/" + MOBILENETV2.file
