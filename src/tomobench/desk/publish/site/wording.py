"""Makes asv's pages speak of releases, and of benchmarks, parameters and variables as people do."""

from pathlib import Path

from asv.publishing import OutputPublisher

from tomobench.desk.publish.site.changes import Change, apply

CHANGES = (
    Change("index.html", "<title>airspeed velocity</title>", "<title>tomobench</title>"),
    Change("asv.js", '"airspeed velocity of an unladen " + index', '"tomobench \\u00b7 " + index'),
    Change(
        "graphdisplay.js",
        '$("#title").text(bm_name)',
        '$("#title").text($.asv.main_json.benchmarks[bm_name].pretty_name || bm_name)',
    ),
    # asv calls a variable of the environment "env-" and its name.
    Change(
        "asv_ui.js",
        "'<div class=\"panel-heading\">' + heading",
        "'<div class=\"panel-heading\">' + heading.replace(/^env-/, '')",
    ),
    Change(
        "graphdisplay.js",
        'parts.push(key + "-" + value)',
        "parts.push(key.replace(/^env-/, '').replace(/^commit$/, 'release') + ' ' + value)",
    ),
    # asv gives parameters in Python's spelling, texts in quotes.
    Change("summarylist.js", ".text(' ' + args)", ".text(' ' + args.replace(/'/g, ''))"),
    Change("regressions.js", ".text(benchmark_name)", ".text(benchmark_name.replace(/'/g, ''))", 2),
    # A commit is a release, its date the day of upload.
    Change("index.html", ">\n            commits\n", ">\n            releases\n"),
    Change("index.html", "even commit spacing", "even release spacing"),
    Change("index.html", "Space commits evenly", "Space releases evenly"),
    Change("index.html", "Space commits by commit date", "Space releases by day of upload"),
    Change("graphdisplay.js", "axisLabel = 'commits'", "axisLabel = 'releases'"),
    Change("graphdisplay.js", "axisLabel = 'commit date'", "axisLabel = 'day of upload'"),
    Change("graphdisplay.js", 'selector_panel(nav, "commit",', 'selector_panel(nav, "release",'),
    Change("graphdisplay.js", "button.text(text)", 'button.text(axis == 0 ? "release" : text)'),
    Change("graphdisplay.js", "date_fmt.toUTCString()", "$.asv.format_date_yyyymmdd(date_fmt)"),
    Change("regressions.js", '<th data-sort="string">Commit', '<th data-sort="string">Release', 2),
)


class Wording(OutputPublisher):
    """Has the site's copies of asv's pages say it in these words."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Change the words."""
        apply(CHANGES, Path(conf.html_dir))
