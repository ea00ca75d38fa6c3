"""No file can take more than its own picture down."""

import json
import os
import select
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.errors import BadInputError, CannotProceedError
from shared.pictures import decoding
from shared.pictures.sandbox import DECODE_LIMITS, DecodeLimits, Decoder, decoder
from tests.commands import python
from tests.shared.pictures.drawn import encoded, plain

STUB = DecodeLimits(
    cpu_seconds=0.5,
    seconds=1.0,
    memory_bytes=DECODE_LIMITS.memory_bytes,
    children=1,
    program=(str(Path(__file__).with_name("stub_decoder.py")),),
)
GOOD = encoded(plain())
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Decoder]:
    with Decoder() as made:
        yield made


@pytest.fixture
def stub() -> Iterator[Decoder]:
    with Decoder(STUB) as made:
        yield made


def refusal(decoder: Decoder, data: bytes) -> BadInputError:
    with pytest.raises(BadInputError) as caught:
        decoder.decode(data)
    return caught.value


def test_a_child_gives_what_decoding_here_would_give(guarded: Decoder) -> None:
    assert guarded.decode(GOOD) == decoding.decode(GOOD)


def test_a_refusal_comes_through_the_child(guarded: Decoder) -> None:
    with pytest.raises(BadInputError) as here:
        decoding.decode(b"no picture")
    assert refusal(guarded, b"no picture").args == here.value.args


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"segfault", "decoder_crashed", "the decoder ended with SIGSEGV"),
        (b"exit", "decoder_crashed", "the decoder ended with exit code 3"),
        (b"hang", "decoder_timeout", "expected at most 1 s"),
        (b"allocate", "decoder_memory", "decoding wants too much memory"),
        (b"words", "undecodable", "broken (codec:  bad strip)"),
        (b"abort", "decoder_crashed", "the decoder ended with SIGABRT (free(): invalid pointer)"),
    ],
)
def test_whatever_a_codec_does_costs_one_picture(stub: Decoder, data: bytes, reason: str, detail: str) -> None:
    good = stub.decode(GOOD)
    assert refusal(stub, data).args == (reason, detail)
    assert stub.decode(GOOD) == good


def test_a_decoder_that_computes_for_too_long_is_stopped_by_its_cpu_time_not_by_the_clock() -> None:
    with Decoder(STUB._replace(seconds=60.0)) as patient:
        expected = "decoder_timeout", "expected at most 0.5 s of CPU time"
        assert refusal(patient, b"spin").args == expected
        assert patient.decode(GOOD).format == "PNG"


def test_a_bug_of_ours_is_no_failure_of_the_picture(stub: Decoder) -> None:
    with pytest.raises(RuntimeError, match=r"a bug in the picture decoder:\n(.*\n)+TypeError: a slip of ours"):
        stub.decode(b"bug")
    assert stub.decode(GOOD).format == "PNG"


def test_a_child_that_was_killed_while_idle_costs_no_picture(stub: Decoder) -> None:
    good = stub.decode(GOOD)
    running = stub._children[0]._running
    assert running
    running.process.kill()
    running.process.wait()
    assert stub.decode(GOOD) == good


def test_a_child_that_does_not_read_cannot_hang_us(stub: Decoder) -> None:
    stub.decode(GOOD)
    running = stub._children[0]._running
    assert running
    running.process.send_signal(signal.SIGSTOP)
    assert refusal(stub, bytes(20_000_000)).reason == "decoder_timeout"


def test_nothing_that_a_codec_writes_reaches_the_terminal(stub: Decoder, capfd: pytest.CaptureFixture[str]) -> None:
    refusal(stub, b"words")
    refusal(stub, b"abort")
    assert capfd.readouterr() == ("", "")


def test_messages_of_one_picture_are_not_those_of_the_next(stub: Decoder) -> None:
    with pytest.raises(BadInputError):
        stub.decode(b"words")
    assert refusal(stub, b"no picture").detail.startswith("expected one of JPEG, PNG")
    assert "(" not in refusal(stub, b"no picture").detail


def test_a_codec_that_writes_without_end_fills_no_disk(stub: Decoder) -> None:
    refusal(stub, b"flood")
    running = stub._children[0]._running
    assert running
    assert os.fstat(running.messages.fileno()).st_size == 0
    assert stub.decode(GOOD).format == "PNG"


@pytest.mark.parametrize("data", [b"long", b"half"])
def test_an_answer_that_is_none_is_a_crash(stub: Decoder, data: bytes) -> None:
    assert refusal(stub, data).reason == "decoder_crashed"
    assert stub.decode(GOOD).format == "PNG"


def test_a_file_that_does_not_fit_the_pipe_cannot_hang_us(stub: Decoder) -> None:
    assert refusal(stub, b"exit").reason == "decoder_crashed"
    assert refusal(stub, bytes(20_000_000)).reason == "unsupported_format"


def test_threads_share_a_decoder() -> None:
    pictures = [encoded(plain((10 + n, 10))) for n in range(24)]
    with Decoder(DECODE_LIMITS._replace(children=2)) as shared, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shared.decode, pictures))
    assert [picture.width_px for picture in found] == [10 + n for n in range(24)]


def test_a_closed_decoder_starts_again() -> None:
    with Decoder() as made:
        first = made.decode(GOOD)
        made.close()
        assert made.decode(GOOD) == first


def test_a_decoder_that_cannot_start_says_how_to_find_out_why() -> None:
    with (
        Decoder(STUB._replace(program=("-c", "raise SystemExit(7)"))) as broken,
        pytest.raises(CannotProceedError, match=r"does not start \(exit code 7\): run `.*` to see why"),
    ):
        broken.decode(GOOD)


def test_a_process_has_one_decoder() -> None:
    assert decoder() is decoder()


def test_a_forked_process_gets_its_own() -> None:
    script = """if True:
        import os
        from shared.pictures.sandbox import decoder
        ours = decoder()
        child = os.fork()
        if not child:
            os._exit(decoder() is ours)
        raise SystemExit(os.waitpid(child, 0)[1])
    """
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
@pytest.mark.parametrize("busy", ["idle", "hang"])
def test_the_child_ends_when_its_parent_is_killed(busy: str) -> None:
    script = f"""if True:
        import os, sys, threading
        from shared.pictures.sandbox import Decoder, DecodeLimits
        made = Decoder(DecodeLimits(seconds=1.0, children=1, program={STUB.program!r}))
        made.decode({GOOD!r})
        print(made._children[0]._running.process.pid, flush=True)
        threading.Thread(target=made.decode, args=({busy.encode()!r},), daemon=True).start()
        sys.stdin.read()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with parent:
        assert parent.stdout
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    poll = select.poll()
    poll.register(child, select.POLLIN)
    assert poll.poll(10_000)
    os.close(child)


DECODE_ALL = """
import json, resource, sys
from pathlib import Path
from shared.errors import BadInputError
from shared.pictures.sandbox import Decoder

outcomes = {}
with Decoder() as decoder:
    for path in sorted(Path(sys.argv[1]).iterdir()):
        if path.suffix not in {".md", ".csv"}:
            try:
                outcomes[path.name] = decoder.decode(path.read_bytes()).format
            except BadInputError as error:
                outcomes[path.name] = error.reason
print(json.dumps([outcomes, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""


def test_every_hostile_file_is_a_picture_or_a_refusal_and_cheap(hostile: Path) -> None:
    ran = python("-c", DECODE_ALL, hostile)  # in a process of its own, whose only children are decoders
    assert ran.returncode == 0, ran.stderr
    outcomes, most_kib = json.loads(ran.stdout)
    assert len(outcomes) == 71
    assert "decoder_timeout" not in outcomes.values()
    assert outcomes["bomb_webp_13000x13000.webp"] == "too_many_pixels"
    assert outcomes["bomb_jpeg_progressive_2000_scans_4096.jpg"] == "too_many_scans"
    assert outcomes["png_bad_idat_crc.png"] == "undecodable"
    assert outcomes["tiff_named.jpg"] == "TIFF"
    assert outcomes["ppm_named.jpg"] == "unsupported_format"
    assert outcomes["exif_count_4e9.jpg"] == "JPEG"
    assert most_kib < 1 << 20


def test_the_child_finds_code_that_was_shipped_as_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        for path in sorted((ROOT / "shared").rglob("*.py")):
            archive.write(path, path.relative_to(ROOT))
    script = f"""if True:
        import sys
        sys.path.insert(0, {str(tmp_path / "code.zip")!r})
        from shared.pictures import sandbox
        assert "code.zip" in sandbox.__file__
        with sandbox.Decoder() as made:
            assert made.decode({GOOD!r}).format == "PNG"
    """
    assert subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False).returncode == 0
