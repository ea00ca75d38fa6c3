"""The child process that decodes pictures at the size that a screen shows; see `shared.pictures.decoder_process`."""

from functools import partial

from shared.pictures.codecs.formats import use_one_thread
from shared.pictures.codecs.size import Target
from shared.pictures.decoder_process import serve
from shared.pictures.decoding import decode

VIEW = Target(1440, 2880)

if __name__ == "__main__":
    use_one_thread()
    raise SystemExit(serve(partial(decode, target=VIEW)))
