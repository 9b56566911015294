"""The published site: asv's own, complete in itself, with a page for each release.

An asv plugin: name ``.tomobench.desk.publish.site`` in ``asv.conf.json``. asv finds the publishers by their
base class once they are imported, and runs each when ``asv publish`` has copied its own pages.
"""

from tomobench.desk.publish.site.advice_page import AdvicePage
from tomobench.desk.publish.site.benchmark_list import BenchmarkList
from tomobench.desk.publish.site.feed import Feed
from tomobench.desk.publish.site.findings_page import FindingsPage
from tomobench.desk.publish.site.folder import KeptFolder
from tomobench.desk.publish.site.offline import Offline
from tomobench.desk.publish.site.races import Races
from tomobench.desk.publish.site.release_pages import ReleasePages
from tomobench.desk.publish.site.releases_page import ReleasesPage
from tomobench.desk.publish.site.repairs import Repairs
from tomobench.desk.publish.site.shell import Shell
from tomobench.desk.publish.site.wording import Wording

__all__ = [
    "AdvicePage",
    "BenchmarkList",
    "Feed",
    "FindingsPage",
    "KeptFolder",
    "Offline",
    "Races",
    "ReleasePages",
    "ReleasesPage",
    "Repairs",
    "Shell",
    "Wording",
]
