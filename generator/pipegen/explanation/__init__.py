"""What a spec brings about, told to people and programs: events, jobs, approvals, settings, what each target keeps."""

from pipegen.explanation.document import as_json
from pipegen.explanation.reading import explanation
from pipegen.explanation.text import as_text
from pipegen.explanation.values import Explanation

__all__ = ["Explanation", "as_json", "as_text", "explanation"]
