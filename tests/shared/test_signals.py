"""Ctrl-C and SIGTERM end a command at once, or after what must not be cut off; never one that is to ignore them."""

import signal

import pytest

from tests.commands import python

BOTH = pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
BEGIN = """
import os, signal, sys
from shared.signals import ending, kept, postponed, stoppable
def send(): os.kill(os.getpid(), int(sys.argv[1]))
"""


def run(number: int, code: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a program that sends itself a signal."""
    ran = python("-c", BEGIN + code, str(int(number)))
    return ran.returncode, ran.stdout, ran.stderr


@BOTH
def test_a_command_ends_with_one_sentence(number: int, name: str) -> None:
    code = """
with stoppable("; go on"):
    send()
    print("went on")
"""
    assert run(number, code) == (128 + number, "", f"imagerec: stopped by {name}; go on\n")


@BOTH
def test_nobody_hears_of_what_breaks_and_other_processes_are_ended(number: int, name: str) -> None:
    code = """
def end(): os.write(2, b"broken"); os.write(1, b"ended")
with stoppable(""), ending(end):
    send()
"""
    assert run(number, code) == (128 + number, "ended", f"imagerec: stopped by {name}\n")


@BOTH
def test_a_finalizer_does_not_swallow_it(number: int, name: str) -> None:
    code = """
class Dying:
    def __del__(self): send()
with stoppable(""):
    Dying()
    print("went on")
"""
    assert run(number, code) == (128 + number, "", f"imagerec: stopped by {name}\n")


@BOTH
def test_it_waits_for_the_end_of_what_must_not_be_cut_off(number: int, name: str) -> None:
    code = """
with stoppable(""):
    with postponed():
        send()
        print("to the end", flush=True)
    print("and further")
"""
    assert run(number, code) == (128 + number, "to the end\n", f"imagerec: stopped by {name}\n")


@BOTH
def test_a_handler_that_a_library_puts_in_its_place_does_not_stay(number: int, name: str) -> None:
    code = """
with stoppable(""):
    with kept():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    send()
"""
    assert run(number, code) == (128 + number, "", f"imagerec: stopped by {name}\n")


def test_what_was_started_to_ignore_it_ignores_it() -> None:
    code = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
with stoppable(""):
    send()
    print("went on")
"""
    assert run(signal.SIGINT, code) == (0, "went on\n", "")


def test_all_is_as_before_after_the_block() -> None:
    code = """
with stoppable(""):
    pass
print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    assert run(signal.SIGINT, code) == (0, "True True\n", "")
