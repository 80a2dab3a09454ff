"""A setting nobody can read about does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import config

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("setting", config.SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_readme(setting):
    assert f"`{setting.name}`" in (ROOT / "README.md").read_text("utf-8")


def test_no_other_environment_variable_is_read():
    for path in [ROOT / "config.py", *(ROOT / "forum").rglob("*.py")]:
        words = path.read_text("utf-8")
        if path.name == "config.py":
            continue
        assert not re.search(r"os\.(environ|getenv)", words), f"{path} reads the environment: add a Setting"


def test_a_weak_key_is_refused_in_production(tmp_path):
    with pytest.raises(ValueError, match="32 random characters"):
        config.load({"SECRET_KEY": "secret", "VAR": str(tmp_path)})


def test_a_key_is_made_once_and_kept_from_others(tmp_path):
    first = config.load({"VAR": str(tmp_path)})["SECRET_KEY"]
    assert config.load({"VAR": str(tmp_path)})["SECRET_KEY"] == first
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_the_folder_of_data_is_its_owners_alone(tmp_path):
    config.load({"VAR": str(tmp_path / "var"), "SECRET_KEY": "x" * 32})
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_a_port_that_is_no_number_is_said_so(tmp_path):
    with pytest.raises(ValueError, match="PORT is 'eighty'"):
        config.load({"PORT": "eighty", "VAR": str(tmp_path)})


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("FORUM_ENV", "prod", "give one of production, development"),
        ("MAIL_USE_TLS", "ja", "give one of yes"),
        ("PUBLIC_URL", "forum.example", "give an address such as"),
        ("PUBLIC_URL", "https://forum.example/egve", "without a path"),
        ("MAIL_SENDER", "forum@forum.example", "give a name and an address"),
        ("MAIL_SENDER", "The Forum", "give a name and an address"),
    ],
)
def test_a_setting_that_would_be_misread_is_said_so(tmp_path, name, given, words):
    with pytest.raises(ValueError, match=f"{name} is '{given}': .*{words}"):
        config.load({name: given, "VAR": str(tmp_path)})


def test_a_setting_may_be_written_in_capitals(tmp_path):
    settings = {"FORUM_ENV": "Production", "MAIL_USE_TLS": "YES", "VAR": str(tmp_path)}
    assert config.load(settings)["MAIL_USE_TLS"] is True
    with pytest.raises(ValueError, match="32 random characters"):
        config.load(settings | {"SECRET_KEY": "secret"})
