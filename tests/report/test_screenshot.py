"""The page in a real browser, where one is installed: it is painted, in light and in dark."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from derivcheck.report.html import page
from tests.report.test_printers import BAD

BROWSERS = [b for b in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if b is not None][:1]


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_page_is_painted_in_light_and_dark(browser: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page(BAD), encoding="utf-8")
    pictures = []
    for name, more in (("light", []), ("dark", ["--blink-settings=preferredColorScheme=0"])):
        target = tmp_path / f"{name}.png"
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--window-size=900,1100", *more]
        subprocess.run([*command, f"--screenshot={target}", (tmp_path / "page.html").as_uri()], capture_output=True, timeout=120, check=True)
        pictures.append(target.read_bytes())
    assert all(p.startswith(b"\x89PNG") and len(p) > 20_000 for p in pictures)
    assert pictures[0] != pictures[1]
