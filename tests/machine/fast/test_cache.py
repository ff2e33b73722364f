"""The cache of machine code on disk: it saves time, and can do no harm."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hvtui.machine.fast import cache


def test_what_was_kept_is_found_again() -> None:
    assert cache.load("a") is None
    cache.keep("a", b"code")
    assert cache.load("a") == b"code"


def test_the_cache_lies_where_the_person_has_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.keep("a", b"code")
    assert tmp_path in cache.folder().parents
    assert list(cache.folder().iterdir())


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
def test_a_damaged_entry_is_no_entry(damage: bytes) -> None:
    cache.keep("damaged", b"code" * 20)
    (cache.folder() / "damaged.o").write_bytes(damage)
    assert cache.load("damaged") is None
    cache.keep("damaged", b"code")
    assert cache.load("damaged") == b"code"


def test_the_entries_that_nobody_used_lately_make_room() -> None:
    for number in range(cache.MOST_ENTRIES + 3):
        cache.keep(f"many{number}", b"code")
    assert len(list(cache.folder().iterdir())) == cache.MOST_ENTRIES
    assert cache.load(f"many{cache.MOST_ENTRIES + 2}") == b"code"


def test_a_cache_that_cannot_be_written_is_done_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "file"
    place.write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    cache.keep("a", b"code")
    assert cache.load("a") is None


def test_who_reads_while_others_write_finds_a_whole_entry() -> None:
    found: list[bytes | None] = []

    def write() -> None:
        for _ in range(50):
            cache.keep("shared", b"code" * 5000)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        found.append(cache.load("shared"))
    assert cache.load("shared") == b"code" * 5000
    assert set(found) <= {None, b"code" * 5000}
