"""Where the folder of the bureau lies: contracts, parameters and letterhead, outside the program's own.

Where none is named, the program works for the example bureau of the demo, whose contracts stand beside this
module and whose parameters are the seeds of dbt.
"""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.errors import ContractError

PREFIX = "MINZHENG_"
BUREAU_TIME = ZoneInfo("Asia/Shanghai")
# Where containers find the secrets given to them, and units of systemd theirs.
SECRETS = [Path("/run/secrets"), *map(Path, filter(None, [os.environ.get("CREDENTIALS_DIRECTORY")]))]
PROGRAM = Path(__file__).resolve().parents[1]
# Named as the bureau's folder it stands for none: the demo has no other bureau.
EXAMPLE = Path(__file__).resolve().parent
CONTRACTS = "contracts"


class BureauSettings(BaseSettings):
    """From where all settings of the program are read, and the one that is asked this far down.

    bureau: the bureau's own folder; empty means the example bureau.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        secrets_dir=[folder for folder in SECRETS if folder.is_dir()] or None,
    )

    bureau: Path | None = None


def own_folder() -> Path | None:
    """The bureau's own folder, null where the program works for the example bureau.

    Raises ContractError where what is named is no folder.
    """
    named = BureauSettings().bureau
    folder = named and named.expanduser().resolve()
    if folder is None or folder == EXAMPLE:
        return None
    if not folder.is_dir():
        raise ContractError(
            f"{PREFIX}BUREAU names {folder}, which is no folder. `minzheng bureau new {folder}` lays one out."
        )
    return folder


def contract_folder() -> Path:
    """Where the contracts in use lie: in the bureau's own folder as soon as one is in it, else the example's."""
    own = own_folder()
    return own / CONTRACTS if own and any((own / CONTRACTS).glob("*.yml")) else EXAMPLE / CONTRACTS


def shown(file: Path) -> str:
    """A file of a bureau as messages name it: within the program, or with its whole path."""
    return str(file.relative_to(PROGRAM) if file.is_relative_to(PROGRAM) else file)
