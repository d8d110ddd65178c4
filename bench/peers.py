"""Other gateways for language models, for comparison only: no budget is set against them."""

import secrets

from bench.conversation import STREAMED_MODEL, UPSTREAM_MODEL, WHOLE_MODEL
from bench.management import is_ready
from bench.site import Endpoint, Site, Target, filled, free_port, is_listening
from bench.tools import Tools, ToolsMissing

CHAT = "/v1/chat/completions"


def start_litellm(site: Site, tools: Tools) -> Target:
    """One worker, no database, a master key."""
    if tools.litellm is None:
        raise ToolsMissing({"litellm": "python -m bench --install --peers"})
    port = free_port()
    key = f"sk-{secrets.token_urlsafe(24)}"
    values: dict[str, object] = {
        "KEY": key,
        "WHOLE": WHOLE_MODEL,
        "STREAMED": STREAMED_MODEL,
        "UPSTREAM": UPSTREAM_MODEL,
        "ANSWERS": site.answers_port,
        "STREAMS": site.streams_port,
    }
    path = site.write("litellm.yaml", filled("litellm.yaml", values))
    options = ["--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    child = site.children.start(
        "litellm",
        [tools.litellm, "--config", path, *options],
        core=site.cores.gateway,
        # Its price list comes with the package; without this it is fetched from the network at every start.
        environment={"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"},
    )
    child.wait_until(lambda: is_ready(port, "/health/liveliness"), seconds=180, pause=0.2)
    endpoint = Endpoint(port, CHAT, (("authorization", f"Bearer {key}"),))
    return Target("LiteLLM", child.pid, whole=endpoint, streamed=endpoint)


def start_portkey(site: Site, tools: Tools) -> Target:
    """The upstream is named in headers; the gateway keeps no catalogue and checks no key of its own."""
    if tools.portkey is None or tools.node is None:
        raise ToolsMissing({"portkey": "python -m bench --install --peers"})
    port = free_port()
    child = site.children.start(
        "portkey",
        [tools.node, tools.portkey, f"--port={port}", "--headless"],
        core=site.cores.gateway,
        environment={"NODE_ENV": "production"},
    )
    child.wait_until(lambda: is_listening(port), seconds=60, pause=0.1)
    return Target(
        "Portkey",
        child.pid,
        whole=_portkey_endpoint(port, site.answers_port),
        streamed=_portkey_endpoint(port, site.streams_port),
    )


def _portkey_endpoint(port: int, origin_port: int) -> Endpoint:
    headers = (
        ("authorization", "Bearer sk-upstream"),
        ("x-portkey-provider", "openai"),
        ("x-portkey-custom-host", f"http://127.0.0.1:{origin_port}/v1"),
    )
    return Endpoint(port, CHAT, headers)
