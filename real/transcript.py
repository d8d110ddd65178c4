"""The page that keeps what was typed and what came back."""

from dataclasses import dataclass, field

INTRODUCTION = """\
Written by `make real`. The model is SmolLM2 with 135 million parameters, served by llama.cpp on the same machine; what
it says is its own. That server reports no usage in a stream, so Headgate estimates it and says so; a whole answer
carries the usage that the server counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command and its output, with a sentence about it."""

    title: str
    command: str
    output: str


@dataclass(slots=True)
class Transcript:
    """The steps in order. What was named a secret appears nowhere, only its placeholder."""

    steps: list[Step] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict)

    def hide(self, secret: str, placeholder: str) -> None:
        self.hidden[secret] = placeholder

    def add(self, title: str, *, command: str, output: str) -> None:
        self.steps.append(Step(title, command, output))

    def page(self) -> str:
        parts = [
            "# A real language model answers through Headgate",
            INTRODUCTION,
        ]
        for step in self.steps:
            parts.append(f"## {step.title}")
            parts.append(f"```console\n{step.command.strip()}\n```")
            if step.output.strip():
                parts.append(f"```text\n{step.output.strip()}\n```")
        return self._without_secrets("\n\n".join(parts) + "\n")

    def _without_secrets(self, text: str) -> str:
        for secret, placeholder in self.hidden.items():
            text = text.replace(secret, placeholder)
        return text
