"""The floors that budgets are set against: nginx and Envoy, each as bare as it comes."""

from bench.site import Endpoint, Site, Target, filled, free_port, is_listening
from bench.tools import Tools


def start_nginx(site: Site, tools: Tools) -> Target:
    port = free_port()
    home = site.folder / "nginx"
    home.mkdir()
    path = site.write("nginx.conf", filled("nginx_proxy.conf", _ports(site, port)))
    child = site.children.start("nginx", [tools.nginx, "-p", home, "-c", path], core=site.cores.gateway)
    child.wait_until(lambda: is_listening(port), seconds=10)
    return _target("nginx", child.pid, port)


def start_envoy(site: Site, tools: Tools) -> Target:
    port = free_port()
    path = site.write("envoy.yaml", filled("envoy.yaml", _ports(site, port)))
    # One worker: it has one core, like everyone.
    options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    child = site.children.start("envoy", [tools.envoy, "-c", path, *options], core=site.cores.gateway)
    child.wait_until(lambda: is_listening(port), seconds=20)
    return _target("Envoy", child.pid, port)


def _ports(site: Site, port: int) -> dict[str, object]:
    return {"PORT": port, "ANSWERS": site.answers_port, "STREAMS": site.streams_port}


def _target(name: str, pid: int, port: int) -> Target:
    return Target(
        name,
        pid,
        whole=Endpoint(port, "/v1/chat/completions"),
        streamed=Endpoint(port, "/streams/v1/chat/completions"),
    )
