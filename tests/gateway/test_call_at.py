"""Each endpoint has a machine that understands its requests and its answers."""

from __future__ import annotations

import pytest

from headgate.catalogue.kinds import Kind
from headgate.catalogue.operations import Operation
from headgate.gateway.call import Call
from headgate.gateway.call_at import call_at
from headgate.gateway.call_media import MediaCall
from headgate.gateway.call_upload import UploadCall
from headgate.gateway.endpoint import ENDPOINTS, Endpoint
from headgate.gateway.fan_out import FanOut
from headgate.gateway.ports import RequestHead
from tests.dialects.forms import CONTENT_TYPE, file, form, part
from tests.gateway.stage import GOOD_KEY, Stage, endpoint_at, entry

MACHINES = {
    Operation.EMBEDDING: FanOut,
    Operation.SPEECH: MediaCall,
    Operation.IMAGE_EDIT: UploadCall,
    Operation.TRANSCRIPTION: UploadCall,
    Operation.TRANSLATION: UploadCall,
}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.path.decode())
def test_an_endpoint_is_served_by_its_machine(endpoint: Endpoint) -> None:
    assert call_at(endpoint) is MACHINES.get(endpoint.operation, Call)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/images/edits", Kind.IMAGE),
        ("/v1/audio/transcriptions", Kind.TRANSCRIPTION),
        ("/v1/audio/translations", Kind.TRANSCRIPTION),
    ],
)
def test_a_form_goes_to_the_path_where_its_provider_takes_it(path: str, kind: Kind) -> None:
    azure = {"provider": "azure", "api_base": "https://azure.test", "api_version": "1"}
    stage = Stage(entry("m", kind=kind), entry("az", kind=kind, **azure))
    for name in ("m", "az"):
        call = UploadCall(stage.road(), stage.client, endpoint_at(path))
        head = RequestHead(path.encode(), b"", (*GOOD_KEY, (b"content-type", CONTENT_TYPE)), "")
        call.whole(head, form(part("model", name.encode()), file(b"x")))

    opened = [each[2] for each in stage.did if each[0] == "open"]
    assert opened == [path, f"/openai/deployments/az-upstream{path.removeprefix('/v1')}?api-version=1"]
