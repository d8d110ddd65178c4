"""The transcript of a real model's answers."""

from real.transcript import Transcript


def test_a_secret_is_replaced_wherever_it_appears() -> None:
    transcript = Transcript()
    transcript.hide("s3cret", "$TOKEN")
    transcript.add("Ask", command="curl -H 'Authorization: Bearer s3cret'", output='{"token":"s3cret"}')

    page = transcript.page()

    assert "s3cret" not in page
    assert page.count("$TOKEN") == 2


def test_a_step_without_output_shows_its_command_alone() -> None:
    transcript = Transcript()
    transcript.add("Serve", command="headgate serve &", output="")

    assert transcript.page().endswith("## Serve\n\n```console\nheadgate serve &\n```\n")
