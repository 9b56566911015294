"""The Atom feed of findings, against the rules of RFC 4287.

The rules that are checked, by section: 2 a document is one atom:feed; 3.2 a person has a name; 3.3 dates are RFC 3339
with capital T and Z; 4.1.1 a feed has one id, one title and one updated, an author unless each entry has one, and
should have a link to itself; 4.1.2 an entry has one id, one title and one updated; 4.1.3 content of type html is
text; 4.2.6 ids are absolute IRIs, and no two are the same; 4.2.7 links have an address, and no two of an entry are
alternate with the same type.
"""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import pytest

from tests.browser.publishing import publish
from tests.made import project as made_project

ATOM = "{http://www.w3.org/2005/Atom}"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def read(site) -> ET.Element:
    return ET.parse(site / "html" / "findings.xml").getroot()


def one(element: ET.Element, name: str) -> ET.Element:
    (found,) = element.findall(f"{ATOM}{name}")
    return found


@pytest.fixture
def feed(made_site):
    return read(made_site)


def test_it_has_an_entry_for_each_release_that_changed_something(feed):
    (entry,) = feed.findall(f"{ATOM}entry")
    title = one(entry, "title").text
    assert title == "3.2.0: Stored volumes make 2.0 times the objects (machine desk)"
    assert "Whole reads take 2.0 times as long" in one(entry, "content").text


def test_the_feed_is_as_the_rfc_wants_it(feed):
    assert feed.tag == f"{ATOM}feed"
    assert one(one(feed, "author"), "name").text
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        assert one(element, "title").text
        assert urlsplit(one(element, "id").text).scheme == "urn"
        assert DATE.fullmatch(one(element, "updated").text)
        links = [(link.get("rel"), link.get("type")) for link in element.findall(f"{ATOM}link")]
        assert len(set(links)) == len(links) > 0
    ids = [found.text for found in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    content = one(feed.find(f"{ATOM}entry"), "content")
    assert content.get("type") == "html" and len(content) == 0


def test_every_link_is_absolute_and_one_leads_to_the_feed_itself(feed):
    links = list(feed.iter(f"{ATOM}link"))
    assert all(urlsplit(link.get("href")).netloc for link in links)
    (own,) = [link.get("href") for link in links if link.get("rel") == "self"]
    assert own.endswith("/findings.xml")


def test_the_address_is_the_configured_one_and_the_ids_follow_it(tmp_path, made_site):
    made_project.write(tmp_path)
    path = tmp_path / "asv.conf.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"site_url": "https://example.org/t"})
    )
    publish(tmp_path)
    found = read(tmp_path)
    entry = found.find(f"{ATOM}entry")
    assert one(entry, "link").get("href") == "https://example.org/t/release/3.2.0/"
    assert {e.text for e in found.iter(f"{ATOM}id")}.isdisjoint(
        e.text for e in read(made_site).iter(f"{ATOM}id")
    )
    before = (tmp_path / "html/findings.xml").read_text()
    shutil.rmtree(tmp_path / "html")
    publish(tmp_path)
    assert (tmp_path / "html/findings.xml").read_text() == before


def test_the_pages_name_it(made_site):
    assert 'href="findings.xml"' in (made_site / "html" / "index.html").read_text()
