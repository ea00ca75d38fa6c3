"""`python -m notebooks`: execute the tour over a volume, into reports/tour.ipynb."""

import os
import sys
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from traitlets.config import Config

from shared.project import PROJECT
from shared.settings import Settings

TOUR = Path(__file__).with_name("tour.py")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def execute(data: Path) -> Path:
    """Write the executed tour of a volume; its path.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = jupytext.read(TOUR, fmt="py:percent")
    notebook.metadata["kernelspec"] = KERNEL
    find_modules = f"--IPKernelApp.exec_lines=import sys; sys.path.insert(0, {str(PROJECT)!r})"
    config = Config(KernelManager={"transport": "ipc"})
    client = NotebookClient(notebook, timeout=300, config=config, extra_arguments=[find_modules])
    client.execute(env={**os.environ, "IMAGEREC_DATA": str(data.absolute())})
    path = data / "reports" / "tour.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    jupytext.write(notebook, path)
    return path


if __name__ == "__main__":
    settings = Settings.resolve({"data": sys.argv[1] if len(sys.argv) > 1 else None}, None)
    print(execute(settings.data))
