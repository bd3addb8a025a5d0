"""What can be exported: the kinds, the forms that each is written in, and the kinds of file of each form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tasks.interchange.chat import Markers
from warehouse.errors import BadInput

Kind = Literal["sft", "preferences", "trees", "transcripts"]
Form = Literal["trl", "chat", "rstar", "scout"]
Format = Literal["jsonl", "parquet"]

_FORMATS: Final[Mapping[Form, tuple[Format, ...]]] = {
    "trl": ("jsonl", "parquet"),
    "chat": ("jsonl", "parquet"),
    "rstar": ("jsonl",),
    "scout": ("parquet",),
}
_FORMS: Final[Mapping[Kind, tuple[Form, ...]]] = {
    "sft": ("trl", "chat", "rstar"),
    "preferences": ("trl", "chat", "rstar"),
    "trees": ("rstar",),
    "transcripts": ("scout",),
}
"""The first of each is what is written where nobody chooses."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export, of which round, in whose form, as which kind of file. markers: of conversations, --form chat."""

    kind: Kind
    round: int
    form: Form
    format: Format
    markers: Markers = "keep"

    @property
    def name(self) -> str:
        """What it is called: a configuration of the data set, and the beginning of its files' names."""
        return f"{self.kind}-round-{self.round}-{self.form}{'-stripped' if self.markers == 'strip' else ''}"

    @property
    def split(self) -> str:
        """What the rows are for. Transcripts are for reading, and may be of test problems."""
        return "transcripts" if self.kind == "transcripts" else "train"


def export_request(
    kind: Kind, round_number: int, form: Form | None = None, format_: Format | None = None, markers: Markers | None = None
) -> ExportRequest:
    """Return what is to be written, with what was left open decided. Raises BadInput for what does not go together."""
    forms = _FORMS[kind]
    form = form or forms[0]
    if form not in forms:
        raise BadInput(
            f"{kind} are not written in the form {form}", hint=f"choose --form {' or '.join(forms)}, or leave it out"
        )
    formats = _FORMATS[form]
    format_ = format_ or formats[0]
    if format_ not in formats:
        raise BadInput(
            f"the form {form} is not written as {format_}", hint=f"choose --format {' or '.join(formats)}, or leave it out"
        )
    if markers is not None and form != "chat":
        raise BadInput(f"--markers is for conversations, and the form {form} is none", hint="leave it out, or add --form chat")
    return ExportRequest(kind, round_number, form, format_, markers or "keep")
