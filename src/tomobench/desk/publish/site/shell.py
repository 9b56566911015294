"""What every page of ours has around it: the head, the colours, and the pages of words.

asv's page gets a language, a viewport, landmarks and our head, in which its own pages come last.
"""

from pathlib import Path

from asv.publishing import OutputPublisher

from tomobench.desk.judge import compare, raced, tiers
from tomobench.desk.publish.site import pages
from tomobench.desk.publish.site.changes import Change, add_page

_HEAD_BEGINS = """    <nav id="nav" class="navbar navbar-left navbar-default navbar-fixed-top" role="navigation">
      <ul class="nav navbar-nav navbar-left">
        <li>
          <p class="navbar-text">
            <a href="https://github.com/airspeed-velocity/asv/" class="navbar-link" target="_blank">\
<img src="swallow.png" width="22" height="22" alt="swallow"></img>airspeed velocity</a>
            of an unladen
            <a id="project-name" href="#" class="navbar-link" target="_blank">project</a>
          </p>
        </li>
"""
_GRID = """\t<li id="nav-li-" class="active"><a href="#/">Benchmark grid</a></li>
\t<li id="nav-li-summarylist"><a href="#/summarylist">Benchmark list</a></li>
"""
_REGRESSIONS = '\t<li id="nav-li-regressions"><a href="#/regressions">Regressions</a></li>\n'
_WORDS = '\t<li><a href="how-to-read/">How to read this</a></li>\n'
_README = '\t<li><a href="readme/">README</a></li>\n'


def changes(readme: bool) -> tuple[Change, ...]:
    """The changes to asv's page; ``readme``: whether there is one to link to."""
    asvs = f"""\t<li><details id="asv-pages"><summary>asv’s pages</summary><ul>
{_GRID}{_REGRESSIONS}\t</ul></details></li>
\t<li><button type="button" data-share>Copy link</button></li>
"""
    return (
        Change("index.html", "<html>", '<html lang="en" class="ours">'),
        Change(
            "index.html",
            '    <meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n',
            '    <meta charset="utf-8">\n'
            '    <meta name="viewport" content="width=device-width, initial-scale=1">\n',
        ),
        Change(
            "index.html",
            '    <link rel="shortcut icon" href="swallow.ico"/>\n',
            '    <link href="site.css" rel="stylesheet">\n'
            '    <script src="ratios.js"></script>\n'
            '    <script src="shapes.js"></script>\n'
            '    <script src="shell.js"></script>\n'
            '    <script src="controls.js"></script>\n'
            '    <link rel="shortcut icon" href="swallow.ico"/>\n',
        ),
        Change(
            "index.html",
            _HEAD_BEGINS,
            '    <a class="skip" href="#main">Skip to the content</a>\n'
            '    <nav id="nav" class="site-nav" aria-label="Pages">\n      <ul>\n'
            # asv's script writes the project's name here.
            '\t<li class="brand"><a href="#/findings">tomobench</a>'
            '<a id="project-name" hidden></a></li>\n',
        ),
        Change(
            "asv.js",
            "    function hashchange() {\n",
            "    function hashchange() {\n        if ($.asv.arrive) $.asv.arrive();\n",
        ),
        # All scripts have made themselves known by then: jQuery gives each a timer of its own, and data may come before.
        Change("asv.js", "\n    init();\n", "\n    $(init);\n"),
        Change("index.html", _GRID, ""),
        Change("index.html", _REGRESSIONS, _WORDS + _README * readme + asvs),
        Change(
            "index.html",
            '    <div id="summarygrid-display"',
            '    <main id="main" tabindex="-1">\n    <h1 id="asv-title" class="sr-only"></h1>\n'
            '    <div id="summarygrid-display"',
        ),
        # asv's pages have a heading each, a name for each field, and headings of tables that say something.
        Change("summarygrid.js", "<h1>' + group + '</h1>", "<h2>' + group + '</h2>"),
        Change(
            "index.html", 'size="24" readonly', 'size="24" aria-label="Releases shown" readonly'
        ),
        Change("regressions.js", "'<th></th>'", "'<td></td>'", 2),
        # A part of the benchmarks opens at a click: it is a button (controls.js), which a label can't be.
        Change("graphdisplay.js", '<label class="nav-header">', '<span class="nav-header">'),
        Change("graphdisplay.js", "'</label><ul", "'</span><ul"),
        Change(
            "index.html",
            "    <!-- A modal dialog box",
            '    </main>\n    <script src="share.js"></script>\n    <!-- A modal dialog box',
        ),
    )


class Shell(OutputPublisher):
    """Writes the head into asv's page, and the pages of words."""

    # After the pages that put themselves into the head, before the words are changed (Wording).
    order = 20

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Write them."""
        site, readme = Path(conf.html_dir), repo.root / pages.README
        names = (
            "site.css",
            "page.css",
            "ratios.js",
            "shapes.js",
            "share.js",
            "shell.js",
            "controls.js",
        )
        add_page(names, changes(readme.is_file()), site)
        words = pages.render(
            "how-to-read.html",
            conf,
            repo.root,
            1,
            least_raced=raced.LEAST,
            false_share=compare.FALSE_SHARE,
            least_work=tiers.LEAST_WORK,
        )
        pages.write(site / "how-to-read/index.html", words)
        nowhere = pages.render("nowhere.html", conf, repo.root, None)
        pages.write(site / pages.NOWHERE, nowhere)
        newest = repo.history.branch("main")[-1].hash
        broken = pages.render("broken.html", conf, repo.root, 0, newest=newest)
        pages.write(site / pages.BROKEN, broken)
        if readme.is_file():
            text = readme.read_text(encoding="utf-8")
            page = pages.render("readme.html", conf, repo.root, 1, text=text)
            pages.write(site / "readme/index.html", page)
