"""`python -m shared` is the command `imagerec`."""

from shared.command.main import main

if __name__ == "__main__":
    raise SystemExit(main())
