"""Where the program's data is: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def catalog_folder() -> Path:
    """The catalog's folder, `derivations/`."""
    beside = _PACKAGE.parent / "derivations"
    return beside if (_PACKAGE.parent / "pyproject.toml").is_file() and beside.is_dir() else _PACKAGE / "data" / "derivations"


def own_catalog_folders() -> list[Path]:
    """The user's own catalog folders: those that `DERIVCHECK_CATALOG` names, and `catalog/` in the user's data folder."""
    given = [Path(p) for p in os.environ.get("DERIVCHECK_CATALOG", "").split(os.pathsep) if p]
    import platformdirs

    return [p for p in (*given, Path(platformdirs.user_data_dir("derivcheck")) / "catalog") if p.is_dir()]
