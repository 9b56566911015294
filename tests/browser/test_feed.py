"""The Atom feed of findings."""

import xml.etree.ElementTree as ET

ATOM = "{http://www.w3.org/2005/Atom}"


def test_it_has_an_entry_for_each_release_that_changed_something(made_site):
    entries = ET.parse(made_site / "html" / "findings.xml").getroot().findall(f"{ATOM}entry")
    titles = [entry.find(f"{ATOM}title").text for entry in entries]
    assert titles == ["3.2.0: Stored volumes make 2.0 times the objects (machine desk)"]
    assert "Whole reads take 2.0 times as long" in entries[0].find(f"{ATOM}content").text
    assert len({entry.find(f"{ATOM}id").text for entry in entries}) == len(entries)


def test_the_pages_name_it(made_site):
    assert 'href="findings.xml"' in (made_site / "html" / "index.html").read_text()
