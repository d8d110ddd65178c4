"""`make real`: install, serve a model, serve Headgate, register the model, ask it, keep the transcript."""

import json
import secrets
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.children import Children, clean_environment, end_politely
from bench.management import is_ready
from bench.site import free_port
from real import model_server
from real.transcript import Transcript

PAGE = model_server.ROOT / "docs" / "transcripts" / "real-model.md"
ASK = Path(__file__).parent / "ask.py"
# The seed's path: a client that knows it changes only the host.
MODELS_PATH = "/v2/workspaces/slug:llm-gateway/webhooks/v1/models"
STEP_SECONDS = 300
PRICING = {"input_per_1m_tokens": 0.02, "output_per_1m_tokens": 0.06}


class StepFailed(Exception):
    """A command of the transcript did not do what it is there to show."""


def main() -> int:
    model_server.install()
    transcript = Transcript()
    with tempfile.TemporaryDirectory(prefix="headgate-real-") as folder, Children(Path(folder)) as children:
        _, model_port = model_server.start(children)
        token = secrets.token_urlsafe(32)
        transcript.hide(token, "$TOKEN")
        port = _serve(children, Path(folder) / "data", token=token)
        transcript.add(
            "Serve",
            command=f"python -m llama_cpp.server --model SmolLM2-135M-Instruct.Q4_1.gguf --port {model_port} &\n"
            f"HEADGATE_ADMIN_TOKEN=$TOKEN headgate serve --port {port} &",
            output="",
        )
        _register(transcript, port=port, model_port=model_port, token=token)
        _ask(transcript, port=port, token=token)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(transcript.page())
    sys.stdout.write(transcript.page())
    return 0


def _serve(children: Children, data: Path, *, token: str) -> int:
    port = free_port()
    program = Path(sys.executable).parent / "headgate"
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), "--data-dir", str(data)]
    child = children.start("headgate", command, environment={"HEADGATE_ADMIN_TOKEN": token})
    child.wait_until(lambda: is_ready(port), seconds=60)
    return port


def _register(transcript: Transcript, *, port: int, model_port: int, token: str) -> None:
    document = {
        "model_id": model_server.MODEL,
        "type": "completion",
        "provider_config": {"provider": "openai-compatible", "base_url": f"http://127.0.0.1:{model_port}/v1"},
        "pricing": PRICING,
    }
    body = json.dumps(document, indent=2)
    options = ["--request", "POST", "--url", f"http://127.0.0.1:{port}{MODELS_PATH}"]
    headers = ["--header", f"Authorization: Bearer {token}", "--header", "Content-Type: application/json"]
    command = ["curl", "--silent", "--show-error", "--fail-with-body", *options, *headers, "--data", body]
    shown = f"curl {shlex.join(options)} \\\n  {shlex.join(headers)} \\\n  --data '{body}'"
    output = _run(command, environment={})
    created = json.loads(output)
    if created.get("model_id") != model_server.MODEL:
        raise StepFailed(f"the entry was not created: {output}")
    transcript.add("Register the model", command=shown, output=json.dumps(created, indent=2))


def _ask(transcript: Transcript, *, port: int, token: str) -> None:
    environment = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": token}
    output = _run([str(model_server.PYTHON), str(ASK)], environment=environment)
    if output.count('"cost"') != 2:
        raise StepFailed(f"usage with a cost was expected twice: {output}")
    shown = "\n".join(f"export {name}={value}" for name, value in environment.items()) + "\npython real/ask.py"
    transcript.add("Ask it with the official client, streamed and whole", command=shown, output=output)


def _run(command: list[str], *, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS,
        check=False,
        env=clean_environment() | environment,
    )
    if done.returncode:
        raise StepFailed(f"{command[0]} ended with status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    end_politely()
    try:
        sys.exit(main())
    except StepFailed as failure:
        sys.exit(f"make real: {failure}")
