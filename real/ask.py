"""Ask the model, streamed and whole, with the official client: OPENAI_BASE_URL and OPENAI_API_KEY say where."""

import sys

from openai import OpenAI
from openai.types.chat import ChatCompletionUserMessageParam

MODEL = "smollm2-135m-instruct"
QUESTION: ChatCompletionUserMessageParam = {
    "role": "user",
    "content": "What is a headgate in a canal? Answer in one sentence.",
}


def ask_streamed(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[QUESTION],
        max_tokens=60,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
        if chunk.usage:
            print("\nstreamed by", chunk.model, "with usage", chunk.usage.to_json(indent=None))


def ask_whole(client: OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=[QUESTION], max_tokens=60, temperature=0)
    if not answer.usage:
        sys.exit("an answer without usage")
    print((answer.choices[0].message.content or "").strip())
    print("answered by", answer.model, "with usage", answer.usage.to_json(indent=None))


if __name__ == "__main__":
    official = OpenAI()
    ask_streamed(official)
    ask_whole(official)
