"""The rules of the house, so that nobody has to remember them: who imports whom, what lies where."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("asm", "hvtui")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

TOP_LEVEL = {
    "LICENSE",
    "README.md",
    "asm",
    "hvtui",
    "pyproject.toml",
    "samples",
    "tests",
}
BELOW_THE_FACES = tuple(
    f"hvtui/{name}/"
    for name in ("machine", "machinefile", "debugger", "remembering", "headless", "checks")
)
# What working on the project leaves behind; git ignores it.
LEFT_BEHIND = {"build", "dist", "__pycache__"}


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_run_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contracts of pyproject.toml hold: asm, machine, machine files, debugger, what is
    kept, headless runs, checks, faces."""
    api = pytest.importorskip("importlinter.api", reason="import-linter is not installed")
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    configuration = api.read_configuration("pyproject.toml")
    assert configuration["contracts_options"], "the contracts have gone"
    from importlinter.application.use_cases import SUCCESS, lint_imports
    from importlinter.configuration import configure

    configure()
    assert lint_imports(is_debug_mode=False, cache_dir=None) == SUCCESS


def test_the_top_level_is_what_the_design_says() -> None:
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - LEFT_BEHIND == TOP_LEVEL


def test_each_module_says_what_it_is() -> None:
    without = [
        _shown(path)
        for path in MODULES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert without == []


def _sample_names() -> set[str]:
    """How a sample is called in a path: the folders of machines, the files of programs."""
    samples = ROOT / "samples"
    folders = {path.parent.name for path in samples.rglob("machine.toml")}
    return folders | {path.name for path in samples.rglob("*.s")}


def test_nothing_of_hvtui_knows_a_sample_by_name() -> None:
    names = _sample_names()
    assert names, "there are no samples to look for"
    pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, sorted(names)))})(?![\w.-])")
    for path in MODULES:
        found = pattern.search(_code(path))
        assert found is None, f"{_shown(path)} names the sample {found[0]!r}"


def _code(path: Path) -> str:
    """Return the texts that a module's code uses: its comments and docstrings may give examples."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    words = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words += [node.value] if id(node) not in docstrings else []
    return "\n".join(words)


def test_no_face_in_the_machine() -> None:
    """Only the TUI imports Textual; nothing below the faces prints."""
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        place = _shown(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            else:
                modules = []
            if not place.startswith("hvtui/tui/"):
                textual = [name for name in modules if name.split(".")[0] == "textual"]
                assert not textual, f"{place} imports {textual[0]}"
            if place.startswith(BELOW_THE_FACES):
                prints = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
                assert not prints, f"{place}:{node.lineno} prints" if prints else ""
