"""The programs that the bench needs beside the project, and how to get those that are missing.

nginx and wrk come from the system. Envoy and the peers are installed into `.bench/`, each into an
environment of its own, with `python -m bench --install`; nothing of them enters the project's environment.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / ".bench"
ENVOY_PACKAGE = "pyvoy==1.3.0"
LITELLM_PACKAGE = "litellm[proxy]==1.106.2"
PORTKEY_MANIFEST = {
    "private": True,
    "dependencies": {"@portkey-ai/gateway": "1.15.2"},
    # From 1.14 on every stream ends in "TypeError: immutable" (Portkey-AI/gateway, issue 1389).
    "overrides": {"@hono/node-server": "1.13.8"},
}

SYSTEM_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin")
ECHO_MODULES = (
    Path("/usr/lib/nginx/modules/ngx_http_echo_module.so"),
    Path("/usr/share/nginx/modules/ngx_http_echo_module.so"),
    Path("/usr/lib64/nginx/modules/ngx_http_echo_module.so"),
)
FROM_THE_SYSTEM = "apt-get install nginx-light wrk (Debian; nginx-light brings the echo module)"
INSTALL = "python -m bench --install"
INSTALL_PEERS = "python -m bench --install --peers"


class ToolsMissing(Exception):
    """Programs that were not found, each with the command that gets it."""

    def __init__(self, missing: dict[str, str]) -> None:
        lines = "\n".join(f"  {name}: not found; get it with: {remedy}" for name, remedy in missing.items())
        super().__init__(f"the bench cannot run without these:\n{lines}")


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the programs of a measurement are, and their versions."""

    nginx: Path
    echo_module: Path
    wrk: Path
    envoy: Path
    headgate: Path
    litellm: Path | None
    portkey: Path | None
    node: Path | None
    versions: dict[str, str]


def find_tools(*, peers: bool) -> Tools:
    """Raise ToolsMissing naming everything that is not there."""
    found: dict[str, Path | None] = {
        "nginx": _on_path("nginx"),
        "the nginx echo module": next((path for path in ECHO_MODULES if path.exists()), None),
        "wrk": _on_path("wrk"),
        "envoy": _existing(_envoy_path()),
        "headgate": _existing(Path(sys.executable).parent / "headgate"),
    }
    remedies = dict.fromkeys(found, FROM_THE_SYSTEM) | {"envoy": INSTALL, "headgate": "make"}
    if peers:
        found |= {
            "litellm": _existing(STORE / "litellm" / "bin" / "litellm"),
            "portkey": _existing(_portkey_folder() / "build" / "start-server.js"),
            "node": _on_path("node"),
        }
        remedies |= {"litellm": INSTALL_PEERS, "portkey": INSTALL_PEERS, "node": "make develop"}
    present = {name: path for name, path in found.items() if path is not None}
    if missing := {name: remedies[name] for name in found if name not in present}:
        raise ToolsMissing(missing)
    return Tools(
        nginx=present["nginx"],
        echo_module=present["the nginx echo module"],
        wrk=present["wrk"],
        envoy=present["envoy"],
        headgate=present["headgate"],
        litellm=present.get("litellm"),
        portkey=present.get("portkey"),
        node=present.get("node"),
        versions=_versions(present),
    )


def install(*, peers: bool) -> None:
    """Put what needs no administrator's rights into `.bench/`."""
    _install_python("envoy", ENVOY_PACKAGE)
    if peers:
        _install_python("litellm", LITELLM_PACKAGE)
        npm = _on_path("npm")
        if npm is None:
            raise ToolsMissing({"npm": "make develop"})
        folder = STORE / "portkey"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps(PORTKEY_MANIFEST))
        subprocess.run([npm, "install", "--no-audit", "--no-fund", "--prefix", folder], check=True)


def first_version(text: str) -> str:
    """The first thing in a program's output that looks like a version, `?` if nothing does."""
    found = re.search(r"\d+\.\d+(\.\d+)?", text)
    return found[0] if found else "?"


def _install_python(name: str, package: str) -> None:
    folder = STORE / name
    if not (folder / "bin" / "pip").exists():
        venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", package], check=True)


def _on_path(name: str) -> Path | None:
    # The administrator's folders are not on everyone's path, and nginx lives there.
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_PLACES]))
    return Path(found) if found else None


def _existing(path: Path | None) -> Path | None:
    return path if path is not None and path.exists() else None


def _envoy_path() -> Path | None:
    return next((STORE / "envoy").glob("lib/python*/site-packages/envoy/_bin/envoy"), None)


def _portkey_folder() -> Path:
    return STORE / "portkey" / "node_modules" / "@portkey-ai" / "gateway"


def _versions(present: dict[str, Path]) -> dict[str, str]:
    asked = {"nginx": "-v", "wrk": "-v", "envoy": "--version", "headgate": "--version"}
    versions = {name: first_version(_output_of(present[name], option)) for name, option in asked.items()}
    if "litellm" in present:
        versions["litellm"] = first_version(LITELLM_PACKAGE)
        manifest = json.loads((_portkey_folder() / "package.json").read_text())
        versions["portkey"] = str(manifest["version"])
        versions["node"] = first_version(_output_of(present["node"], "--version"))
    return versions


def _output_of(program: Path, option: str) -> str:
    # wrk prints its version together with a usage error, nginx prints it on standard error, Envoy prints it
    # after its own path, in which another version may stand.
    done = subprocess.run([program, option], capture_output=True, text=True, check=False, timeout=30)
    return (done.stdout + done.stderr).replace(str(program), "")
