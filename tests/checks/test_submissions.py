"""Which machines and programs a path means."""

from pathlib import Path

import pytest

from hvtui.checks.submissions import Lab, find_submissions, open_lab
from hvtui.machinefile.errors import BadInputError

LAB = '[[component]]\nname = "hv"\nsource = "../ref/hv.s"\n[[component]]\nname = "g"\nelf = "g.elf"\n'


@pytest.fixture
def lab(desk) -> Lab:
    return open_lab(desk.write("lab/machine.toml", LAB), None)


def _found(folder: Path, *names: str, lab: Lab | None = None) -> list[tuple[str, str]]:
    """Return name and problem of each submission, names without the folder."""
    found = find_submissions([folder / name for name in names], lab)
    prefix = f"{folder}/"
    return [(one.name.removeprefix(prefix), one.problem) for one in found]


def test_machine_files_are_found_by_name_in_every_folder(desk) -> None:
    for name in ("b/machine.toml", "a/machine.toml", "a/x/machine.toml", ".h/machine.toml", "c/x.toml"):
        desk.write(f"all/{name}", "")
    desk.write("one.toml", "")
    desk.write("empty/readme", "")
    assert _found(desk.folder, "all") == [("all/a", ""), ("all/b", "")]
    assert _found(desk.folder, "one.toml", "all/b") == [("one.toml", ""), ("all/b", "")]
    assert _found(desk.folder, "all/c") == [("all/c/x.toml", "")]
    assert _found(desk.folder, "empty") == [("empty", "no machine.toml in this folder")]


def test_folders_without_end_are_left_at_some_depth(desk) -> None:
    desk.write("all/" + "d/" * 600 + "machine.toml", "")
    assert _found(desk.folder, "all") == [("all", "no machine.toml in this folder")]


def test_a_sample_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (found,) = find_submissions([Path("01-native")], None)
    assert found.name == "01-native"
    assert found.path is not None
    assert found.path.parts[-2:] != ("01-native",)
    assert (found.path / "machine.toml").is_file() or found.path.name == "machine.toml"


def test_what_does_not_exist_is_a_mistake_of_the_caller(desk) -> None:
    desk.write("here.toml", "")
    with pytest.raises(BadInputError, match=r"did you mean .*here\.toml"):
        _found(desk.folder, "hree.toml")


def test_who_hands_in_nothing_has_failed(desk, lab: Lab) -> None:
    for name in ("ann/hv.s", "bob/late/hv.s", "eve/other.s", ".git/hv.s"):
        desk.write(f"all/{name}", "")
    assert _found(desk.folder, "all", lab=lab) == [
        ("all/ann", ""),
        ("all/bob/late", ""),
        ("all/eve", "no hv.s in this folder"),
    ]
    assert _found(desk.folder, "all/eve", lab=lab) == [("all/eve", "no hv.s in this folder")]
    assert _found(desk.folder, "all/eve/other.s", "all/ann", lab=lab) == [
        ("all/eve/other.s", ""),
        ("all/ann", ""),
    ]


def test_a_link_hands_in_nothing_of_others(desk, lab: Lab) -> None:
    solution = desk.write("ref/hv.s", "")
    for name in ("ann", "bob"):
        desk.write(f"all/{name}/real.s", "")
    (desk.folder / "all/ann/hv.s").symlink_to(solution)
    (desk.folder / "all/bob/hv.s").symlink_to("real.s")
    (ann, told), bob = _found(desk.folder, "all", lab=lab)
    assert (ann, bob) == ("all/ann", ("all/bob", ""))
    assert "a link that leads out" in told


def test_a_lab_says_what_is_replaced(desk, lab: Lab) -> None:
    assert (lab.component, lab.file, lab.components) == ("hv", "hv.s", ("hv", "g"))
    assert open_lab(lab.path.parent, "g").file == "g.elf"
    with pytest.raises(BadInputError, match="components are hv, g"):
        open_lab(lab.path, "x")
