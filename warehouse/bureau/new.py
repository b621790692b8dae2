"""A new folder for a bureau: pages that explain it, files to be filled in, an example to begin a contract with."""

from pathlib import Path

from ingestion.bureau import CONTRACTS
from ingestion.contract import CONTRACT_FOLDER
from warehouse.bureau.examine import EXAMPLE_SUFFIX
from warehouse.bureau.parameters import CATALOGUE, CATALOGUE_FILE, seeds
from warehouse.database.errors import UsageError, given_path

TEMPLATE = Path(__file__).parent / "template"
EXAMPLE = "assistance__temporary_aid.yml"
HEAD = f"""\
# 示例，程序不读：改名为 <system>__<feed>.yml（去掉 {EXAMPLE_SUFFIX}），再逐项改成来源的实际情况。
# An example that the program does not read: name it <system>__<feed>.yml, then say of each part what the sender does.
#   id, name, version, team     是什么、谁提供 what it is and who sends it
#   servers, customProperties   文件在何处、什么格式、提到的人 where the files lie, how they are written, whom they name
#   slaProperties               何时送、几天算迟 when it comes, and after how many days it is late
#   schema                      每列：文件中的表头 physicalName、类型、是否必填、敏感级别 classification
# 全部用词 all words: docs/adding_a_feed.md, docs/layouts.md。改完后 afterwards: minzheng doctor --bureau

"""


def lay_out(folder: Path) -> list[Path]:
    """Writes a folder that works as it is, like none. Returns the files. Raises UsageError where it is not empty."""
    with given_path(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder} 不是空目录，什么也未写入。 "
                f"{folder} is not an empty folder: nothing was written. Name a new one."
            )
        files = _files()
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    return [folder / path for path in files]


def _files() -> dict[Path, str]:
    """Text by path. What the program says elsewhere is said from there: columns, and a contract as it should be."""
    files = {Path(file.name): file.read_text(encoding="utf-8") for file in sorted(TEMPLATE.iterdir())}
    example = (CONTRACT_FOLDER / EXAMPLE).read_text(encoding="utf-8")
    files[Path(CONTRACTS, EXAMPLE + EXAMPLE_SUFFIX)] = HEAD + example
    tables = {seed.file: seed for seed in seeds()} | {CATALOGUE_FILE: CATALOGUE}
    return files | {file: ",".join(seed.types) + "\n" for file, seed in tables.items()}
