"""The two upstreams: nginx for whole answers, and `bench.stream_origin` for streams. Both run on the load's core."""

import sys
from pathlib import Path

from bench.children import Children
from bench.conversation import whole_answer
from bench.cores import Cores
from bench.site import Site, filled, free_port, is_listening
from bench.tools import Tools


def open_site(children: Children, folder: Path, *, cores: Cores, tools: Tools) -> Site:
    """Start both origins."""
    site = Site(children, folder, cores, answers_port=free_port(), streams_port=free_port())
    configuration = filled(
        "nginx_answers.conf",
        {"ECHO_MODULE": tools.echo_module, "PORT": site.answers_port, "ANSWER": whole_answer().decode()},
    )
    home = site.folder / "answers"
    home.mkdir()
    path = site.write("answers.conf", configuration)
    answers = children.start("answers", [tools.nginx, "-p", home, "-c", path], core=cores.load)
    streams = children.start(
        "streams", [sys.executable, "-m", "bench.stream_origin", str(site.streams_port)], core=cores.load
    )
    answers.wait_until(lambda: is_listening(site.answers_port), seconds=10)
    streams.wait_until(lambda: is_listening(site.streams_port), seconds=10)
    return site
