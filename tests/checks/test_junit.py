"""JUnit XML: well-formed and complete, whatever a guest printed."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from hvtui.checks.junit import junit_xml
from hvtui.checks.verdicts import Check, Verdict

ANYTHING = st.text(st.characters(), max_size=60)


@given(ANYTHING, ANYTHING, ANYTHING)
def test_it_is_well_formed(name: str, seen: str, console: str) -> None:
    check = Check(seen, False, "a", seen, remedy=console, detail=console)
    root = ElementTree.fromstring(junit_xml([Verdict(name, (check,), lost=seen, console=console)]))
    assert [case.tag for case in root.iter("testcase")] == ["testcase"]


def test_it_says_what_failed_and_counts() -> None:
    verdicts = [
        Verdict("alice", (Check("exit", True, "code 0", "code 0"),), seconds=1.5),
        Verdict(
            "bob",
            (
                Check("exit", False, "code 0", "code 3", "lab.toml:7"),
                Check("ends", True, "an end", "an end"),
            ),
            lost="ignored first: wfi",
            console="</testsuite>\x00]]>",
            seconds=2.0,
        ),
    ]
    root = ElementTree.fromstring(junit_xml(verdicts))
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("time")) == ("3", "1", "3.500")
    alice, bob = root.findall("testsuite")
    assert (alice.get("name"), alice.get("failures"), bob.get("failures")) == ("alice", "0", "1")
    (failure,) = root.iter("failure")
    assert failure.get("message") == "expected code 0, seen code 3"
    assert failure.text is not None
    for words in ("lab.toml:7", "ignored first: wfi"):
        assert words in failure.text
    assert bob.findtext("system-out") == "</testsuite>\N{REPLACEMENT CHARACTER}]]>"
