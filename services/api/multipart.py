"""The file of a form that is uploaded, as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import PurePath
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError, MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.api.lines import READERS
from services.api.problems import FieldError, Problem, invalid, invalid_field

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# Of a field's name, so much is told again.
MAX_NAME = 100
_BY_SUFFIX = {".csv": "text/csv", ".tsv": "text/csv", ".ndjson": "application/x-ndjson", ".jsonl": "application/jsonl"}


class FormFile:
    """The one file of a form; `media_type` is known with its first piece.

    Who sends one of `options` as a field is told where it counts: in the query.
    """

    def __init__(self, boundary: bytes, options: Collection[str] = ()) -> None:
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._on_name,
            "on_header_value": self._on_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._on_data,
            "on_part_end": self._close,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)
        self._headers: dict[str, bytes] = {}
        self._name = self._value = b""
        self._is_wanted = False
        self._pieces: list[bytes] = []
        self._options = options
        self._fields: list[str] = []
        self._is_whole = False
        self._is_second = False
        self.media_type: str | None = None

    async def pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The file's bytes.

        Raises Problem (422) when there is no file or more than one, a field beside it, or the form has no end.
        """
        async for data in body:
            try:
                self._parser.write(data)
            except MultipartParseError as error:
                raise invalid_field("body", "multipart_invalid", "is not multipart/form-data") from error
            if self._fields:
                raise self._refused()
            if self._is_second:
                raise invalid_field("body", "several_files", "holds more than one file: send each by itself")
            pieces, self._pieces = self._pieces, []
            if pieces:
                yield b"".join(pieces)
        if self.media_type is None:
            raise invalid_field("body", "no_file", "holds no file: send one as a part with a filename")
        if not self._is_whole:
            raise invalid_field("body", "multipart_incomplete", "ends before the form does")

    def _begin(self) -> None:
        self._headers = {}

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        filename = options.get(b"filename")
        if filename is None:
            name = options.get(b"name", b"").decode("utf-8", "replace")
            self._fields.append(name[:MAX_NAME] or "body")
        # An input of a page where no file was chosen has an empty one.
        self._is_second = self._is_second or (bool(filename) and self.media_type is not None)
        self._is_wanted = bool(filename) and not self._is_second
        if self._is_wanted:
            told, _ = parse_options_header(self._headers.get("content-type", b""))
            suffix = PurePath((filename or b"").decode("utf-8", "replace")).suffix.lower()
            kind = told.decode("latin-1").lower()
            self.media_type = _BY_SUFFIX.get(suffix) or (kind if kind in READERS else "text/plain")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_wanted:
            self._pieces.append(data[start:end])

    def _refused(self) -> Problem:
        """Fields may come behind the file, which is read by then: none of them counts, so none is taken."""
        errors = [FieldError(name, "belongs_to_query", self._told(name)) for name in dict.fromkeys(self._fields)]
        names = ", ".join(error.field for error in errors)
        return invalid("invalid_request", f"Only the file may be in the form: {names}.", errors)

    def _told(self, name: str) -> str:
        if name in self._options:
            return f"belongs into the query, as ?{name}=…, not into the form"
        return "is not known here; options belong into the query, only the file into the form"

    def _close(self) -> None:
        self._is_wanted = False

    def _end(self) -> None:
        self._is_whole = True


def form_file(content_type: str, options: Collection[str] = ()) -> FormFile:
    """For a body of this type. Raises Problem (415) without a boundary that can be used."""
    _, told = parse_options_header(content_type)
    boundary = told.get(b"boundary")
    if not boundary:
        raise Problem(415, "unsupported_media_type", "multipart/form-data needs its boundary.")
    try:
        return FormFile(boundary, options)
    except FormParserError as error:
        raise Problem(415, "unsupported_media_type", "The boundary of multipart/form-data is too long.") from error
