"""The bundled providers.

Base URLs are those that the providers publish for their OpenAI-compatible surface; sources are their API references.
A provider whose dialect is not `openai` or `mock` can be named and stored, and is served once that dialect is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from headgate.catalogue.provider import AuthScheme, Provider

_ANTHROPIC_VERSION: Final = (("anthropic-version", "2023-06-01"),)

_ROWS: Final = (
    Provider(
        id="openai",
        name="OpenAI",
        base_url="https://api.openai.com/v1",
        sized_embeddings=("text-embedding-3",),
        families=("gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-", "dall-e-", "whisper-", "tts-"),
        probe_path="/models/{model}",
    ),
    Provider(
        id="openai-compatible",
        name="OpenAI-compatible",
        description="Any server that speaks OpenAI's wire format.",
        aliases=("openailike", "openai-like", "custom", "openai_like"),
        rerank_path="/rerank",
        needs_key=False,
    ),
    Provider(
        id="azure",
        name="Azure OpenAI",
        aliases=("azure-openai",),
        auth=AuthScheme.HEADER,
        auth_header="api-key",
        chat_path="/openai/deployments/{model}/chat/completions?api-version={api_version}",
        completions_path="/openai/deployments/{model}/completions?api-version={api_version}",
        embeddings_path="/openai/deployments/{model}/embeddings?api-version={api_version}",
        images_path="/openai/deployments/{model}/images/generations?api-version={api_version}",
        image_edits_path="/openai/deployments/{model}/images/edits?api-version={api_version}",
        transcriptions_path="/openai/deployments/{model}/audio/transcriptions?api-version={api_version}",
        translations_path="/openai/deployments/{model}/audio/translations?api-version={api_version}",
        speech_path="/openai/deployments/{model}/audio/speech?api-version={api_version}",
        sized_embeddings=("text-embedding-3",),
        models_path="/openai/models?api-version={api_version}",
        api_version="2024-10-21",
    ),
    Provider(
        id="claude",
        name="Anthropic",
        aliases=("anthropic",),
        dialect="anthropic",
        base_url="https://api.anthropic.com/v1",
        auth=AuthScheme.HEADER,
        auth_header="x-api-key",
        headers=_ANTHROPIC_VERSION,
        chat_path="/messages",
        families=("claude-",),
        models_path="/models?limit=1000",
        probe_path="/models/{model}",
    ),
    Provider(
        id="gemini",
        name="Google Gemini",
        aliases=("google", "google-gemini"),
        dialect="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        auth=AuthScheme.HEADER,
        auth_header="x-goog-api-key",
        families=("gemini-",),
        models_path="/models?pageSize=1000",
        probe_path="/models/{model}",
    ),
    Provider(id="bedrock", name="Amazon Bedrock", aliases=("aws-bedrock",), dialect="bedrock"),
    Provider(id="vertex", name="Google Vertex AI", aliases=("vertex_ai", "vertex-ai"), dialect="gemini"),
    Provider(
        id="cohere",
        name="Cohere",
        dialect="cohere",
        base_url="https://api.cohere.com/v2",
        rerank_path="/rerank",
        families=("command-", "rerank-", "embed-"),
    ),
    Provider(
        id="mistral",
        name="Mistral AI",
        base_url="https://api.mistral.ai/v1",
        stream_usage=False,
        families=("mistral-", "ministral-", "magistral-", "codestral-", "pixtral-", "open-mistral-"),
        probe_path="/models/{model}",
    ),
    Provider(
        id="groq",
        name="Groq",
        base_url="https://api.groq.com/openai/v1",
        probe_path="/models/{model}",
    ),
    Provider(
        id="deepseek",
        name="DeepSeek",
        base_url="https://api.deepseek.com",
        families=("deepseek-",),
        lists_all_models=True,
    ),
    Provider(
        id="openrouter",
        name="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        probe_path="/key",
    ),
    Provider(
        id="together",
        name="Together AI",
        aliases=("together_ai",),
        base_url="https://api.together.xyz/v1",
        rerank_path="/rerank",
    ),
    Provider(
        id="fireworks",
        name="Fireworks AI",
        aliases=("fireworks_ai",),
        base_url="https://api.fireworks.ai/inference/v1",
    ),
    Provider(
        id="xai",
        name="xAI",
        aliases=("grok",),
        base_url="https://api.x.ai/v1",
        families=("grok-",),
        probe_path="/models/{model}",
    ),
    Provider(
        id="ollama",
        name="Ollama",
        base_url="http://localhost:11434/v1",
        needs_key=False,
        probe_path="/models/{model}",
    ),
    Provider(
        id="vllm",
        name="vLLM",
        aliases=("hosted_vllm",),
        needs_key=False,
        lists_all_models=True,
    ),
    Provider(
        id="lmstudio", name="LM Studio", aliases=("lm_studio",), base_url="http://localhost:1234/v1", needs_key=False
    ),
    Provider(
        id="xinference",
        name="Xinference",
        description="Xorbits Inference, self-hosted.",
        rerank_path="/rerank",
        needs_key=False,
    ),
    Provider(
        id="dashscope",
        name="DashScope",
        base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
        families=("qwen",),
    ),
    Provider(
        id="volcengine-ark",
        name="Volcengine Ark",
        aliases=("ark", "volcengine"),
        base_url="https://ark.cn-beijing.volces.com/api/v3",
        families=("doubao-",),
    ),
    Provider(
        id="byteplus-ark",
        name="BytePlus Ark",
        aliases=("byteplus",),
        base_url="https://ark.ap-southeast.bytepluses.com/api/v3",
    ),
    Provider(
        id="alibaba-coding-plan",
        name="Alibaba Coding Plan",
        base_url="https://coding-intl.dashscope.aliyuncs.com/v1",
    ),
    Provider(
        id="alibaba-coding-plan-cn",
        name="Alibaba Coding Plan (China)",
        base_url="https://coding.dashscope.aliyuncs.com/v1",
    ),
    Provider(
        id="zhipu",
        name="Zhipu AI",
        base_url="https://open.bigmodel.cn/api/paas/v4",
        families=("glm-",),
    ),
    Provider(id="zai-coding-plan", name="Z.ai Coding Plan", base_url="https://api.z.ai/api/coding/paas/v4"),
    Provider(
        id="zhipuai-coding-plan",
        name="Zhipu AI Coding Plan",
        base_url="https://open.bigmodel.cn/api/coding/paas/v4",
    ),
    Provider(
        id="minimax-coding-plan",
        name="MiniMax Coding Plan",
        dialect="anthropic",
        base_url="https://api.minimax.io/anthropic/v1",
        headers=_ANTHROPIC_VERSION,
        chat_path="/messages",
    ),
    Provider(
        id="minimax-cn-coding-plan",
        name="MiniMax Coding Plan (China)",
        dialect="anthropic",
        base_url="https://api.minimaxi.com/anthropic/v1",
        headers=_ANTHROPIC_VERSION,
        chat_path="/messages",
    ),
    Provider(
        id="kimi-for-coding",
        name="Kimi for Coding",
        base_url="https://api.kimi.com/coding/v1",
    ),
    Provider(
        id="mock",
        name="Mock",
        description="Built in, deterministic, needs no key.",
        rerank_path="/rerank",
        sized_embeddings=("",),
        dialect="mock",
        auth=AuthScheme.NONE,
        needs_key=False,
        models_path="",
    ),
)


class Providers:
    """The providers by id and alias. An underscore in a name reads as a hyphen."""

    def __init__(self, rows: Iterable[Provider]) -> None:
        self.rows = tuple(rows)
        self._by_name = {_plain(name): row for row in self.rows for name in (*row.aliases, row.id)}
        families = [(family, row) for row in self.rows for family in row.families]
        self._families = sorted(families, key=lambda pair: -len(pair[0]))

    def find(self, name: str) -> Provider | None:
        return self._by_name.get(_plain(name))

    def of_family(self, model: str) -> Provider | None:
        """The provider whose family the name belongs to, the longest prefix first."""
        lowered = model.lower()
        return next((row for family, row in self._families if lowered.startswith(family)), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


BUNDLED: Final = Providers(_ROWS)
