"""The letterhead of the bureau: who writes, on lists that leave the house or lie on an officer's table."""

from dataclasses import dataclass, fields
from pathlib import Path

from ingestion.bureau import own_folder
from ingestion.vocabulary import nearest
from ingestion.yaml_file import YamlError, read_yaml
from warehouse.bureau.faults import Fault, refuse
from warehouse.bureau.yaml_lines import line_of

FILE = Path("letterhead.yml")
LONGEST = 60  # characters of one entry: together they fit on a line


@dataclass(frozen=True)
class Letterhead:
    bureau: str
    department: str = ""
    telephone: str = ""

    def __str__(self) -> str:
        """On one line: 某某市民政局　社会救助科　电话 0714-0000000."""
        told = (self.bureau, self.department, self.telephone and f"电话 {self.telephone}")
        return "\u3000".join(part for part in told if part)


WORDS = tuple(field.name for field in fields(Letterhead))


def letterhead() -> str:
    """The line in use; empty without a bureau's own folder or where nothing is filled in.

    Raises UsageError, naming line and fix.
    """
    return str(letterhead_in_use() or "")


def letterhead_in_use() -> Letterhead | None:
    """Its parts; as `letterhead`, null where that is empty."""
    folder = own_folder()
    if folder is None:
        return None
    read, faults = read_letterhead(folder)
    refuse(folder, faults)
    return read


def read_letterhead(folder: Path) -> tuple[Letterhead | None, list[Fault]]:
    """What a folder says; null where it has none, or one that is not filled in."""
    try:
        document = read_yaml(folder / FILE)
    except FileNotFoundError:
        return None, []
    except OSError as error:
        return None, [Fault(FILE, None, f"cannot be read ({error.strerror}): correct its rights.")]
    except YamlError as error:
        return None, [Fault(FILE, error.line, error.problem)]
    if document is None:
        return None, []
    if not isinstance(document, dict):
        return None, [Fault(FILE, 1, f"expected lines such as {WORDS[0]}: 某某市民政局.")]
    text = (folder / FILE).read_text(encoding="utf-8")
    faults = [Fault(FILE, line_of(text, [word]), problem) for word, problem in _problems(document).items()]
    return (None if faults else Letterhead(**document)), faults


def _problems(document: dict[object, object]) -> dict[str, str]:
    """What is wrong, by the word it is wrong of."""
    found = {}
    for word, value in document.items():
        if word not in WORDS:
            found[str(word)] = f"{word} is no word of a letterhead. {nearest(str(word), WORDS)}"
        elif not isinstance(value, str):
            found[str(word)] = f'{word}: write text, in quotes where it is a number: "7140000".'
        elif len(value) > LONGEST or not value.isprintable():
            found[str(word)] = f"{word}: one line of at most {LONGEST} characters."
    if not document.get(WORDS[0]):
        found.setdefault(WORDS[0], f"{WORDS[0]}: fill in the bureau's name.")
    return found
