"""Where the company's telephone menus and their prompts can be had: addresses that no document names."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from gladly_tools.demo.company import Company
from gladly_tools.demo.refusals import missing


class IvrEndpoints:
    """Addresses that no document names; with `is_published` False they do not exist."""

    def __init__(self, company: Company, *, is_published: bool) -> None:
        self._ivrs = {ivr.id: ivr for ivr in company.ivrs}
        self._is_published = is_published

    def routes(self) -> list[Route]:
        if not self._is_published:
            return [Route("/api/v1/ivrs{rest:path}", _nothing)]
        return [
            Route("/api/v1/ivrs", self.every),
            Route("/api/v1/ivrs/{ivr}/recordings", self.recordings),
            Route("/api/v1/ivrs/{ivr}/recordings/{prompt}", self.audio),
        ]

    def every(self, request: Request) -> Response:
        return JSONResponse([{"id": ivr.id, "name": ivr.name} for ivr in self._ivrs.values()])

    def recordings(self, request: Request) -> Response:
        ivr = self._ivrs.get(request.path_params["ivr"])
        if ivr is None:
            return missing("the IVR does not exist")
        return JSONResponse([{"id": prompt.id, "name": prompt.name} for prompt in ivr.prompts])

    def audio(self, request: Request) -> Response:
        ivr = self._ivrs.get(request.path_params["ivr"])
        for prompt in ivr.prompts if ivr else ():
            if prompt.id == request.path_params["prompt"]:
                return StreamingResponse(prompt.audio, media_type="audio/mpeg")
        return missing("the recording does not exist")


def _nothing(request: Request) -> Response:
    return PlainTextResponse("404 page not found\n", status_code=404)
