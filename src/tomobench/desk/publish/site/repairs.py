"""Repairs what fails in asv 0.6.6's pages when commits are releases and parameters are texts."""

from pathlib import Path

from asv.publishing import OutputPublisher

from tomobench.desk.publish.site.changes import Change, apply

CHANGES = (
    # The choice of releases is sorted as text, 10 before 2.
    Change("graphdisplay.js", "revisions.sort();", "revisions.sort((a, b) => a - b);"),
    # The choice is made before the first graph is loaded, and then has no release in it.
    Change(
        "graphdisplay.js",
        "graphs = orig_graphs;\n                update_graphs();\n",
        "graphs = orig_graphs;\n                update_graphs();\n"
        "                if (x_coordinate_axis && benchmark_param_selection[0].length == 1)\n"
        "                    replace_benchmark_params_ui();\n",
    ),
    # A graph that is kept is looked up after others may have pushed it out: a series is missing then.
    Change(
        "asv.js",
        "        if (graph_cache[url]) {\n"
        "            setTimeout(function() {\n"
        "                dfd.resolve(graph_cache[url]);\n",
        "        const kept = graph_cache[url];\n"
        "        if (kept) {\n"
        "            setTimeout(function() {\n"
        "                dfd.resolve(kept);\n",
    ),
    # What an earlier setting asked for still comes, and is drawn beside what the present one asks for.
    Change(
        "graphdisplay.js",
        "        orig_graphs = [];\n\n        var to_load",
        "        const asked = orig_graphs = [];\n\n        var to_load",
    ),
    Change(
        "graphdisplay.js",
        "            ).done(function (data) {\n                $.each(data, function(i, point) {",
        "            ).done(function (data) {\n                if (asked !== orig_graphs) return;\n"
        "                $.each(data, function(i, point) {",
    ),
    # A benchmark that is n/a in all cells on a volume has a graph without a point.
    Change(
        "asv.js",
        "/* x-axis is some parameter axis */\n            var time_idx = null;",
        "/* x-axis is some parameter axis */\n            if (raw_series.length == 0) return [];\n"
        "            var time_idx = null;",
    ),
    # A line is drawn across releases that were not measured: it breaks there, as where a value is n/a.
    Change(
        "graphdisplay.js",
        "                    orig_graphs.push({\n",
        "                    if (x_coordinate_axis == 0) series = $.asv.unmeasured(series);\n"
        "                    orig_graphs.push({\n",
    ),
    Change(
        "asv.js",
        "    this.filter_graph_data = filter_graph_data;\n",
        "    this.filter_graph_data = filter_graph_data;\n"
        "    this.unmeasured = function(series) {\n"
        "        const at = new Map(series), known = [...at.keys()];\n"
        "        return Object.keys(main_json.revision_to_hash).map(Number).sort((a, b) => a - b)\n"
        "            .filter(one => known[0] <= one && one <= known[known.length - 1])\n"
        "            .map(one => [one, at.has(one) ? at.get(one) : null]);\n"
        "    };\n",
    ),
    # Bars of two or more series are not drawn over texts (flot-orderbars subtracts these from each
    # other): number them, and let the axis name them.
    Change(
        "graphdisplay.js",
        "options.xaxis.mode = 'categories';",
        "options.xaxis.ticks = $.asv.main_json.benchmarks[current_benchmark]"
        ".params[x_coordinate_axis - 1].map((value, j) => [j, $('<span>')"
        ".text('' + $.asv.convert_benchmark_param_value(value)).html()]);",
    ),
    Change(
        "graphdisplay.js", "point[0] = $(\"<span>\").text('' + point[0]).html();", "point[0] = j;"
    ),
    # A place on a parameter's axis is taken for the release of that number.
    Change(
        "graphdisplay.js",
        "        if (date_scale) {\n            x = date_to_revision[x];",
        "        if (x_coordinate_axis != 0) {\n            return null;\n        }\n"
        "        if (date_scale) {\n            x = date_to_revision[x];",
    ),
    Change(
        "graphdisplay.js",
        "if (previous_hash !== commit_hash)",
        "if (commit_hash && previous_hash !== commit_hash)",
    ),
    # So there is no release to name where the mouse points, but there is a value.
    Change("graphdisplay.js", "if (commit_hash) {", "if (commit_hash || x_coordinate_axis) {"),
    Change("graphdisplay.js", '" @ " + commit_hash', '(commit_hash ? " @ " + commit_hash : "")'),
    # A regression is marked in its graph only if the names of its two commits have no dots.
    Change("graphdisplay.js", "/^([a-z0-9]+)-([a-z0-9]+)$/", "/^([a-z0-9.]+)-([a-z0-9.]+)$/"),
    # A release's name covers the end of the one before it: those with room are named, the newest first.
    Change(
        "graphdisplay.js",
        """                    graph_div.append(
                        "<div style='position:absolute;" +
                            "left:" + p.left + "px;" +
                            "top: -2ex;" +
                            "color:#666;background:white;padding-left:0.25em;font-size:smaller;'>" + tag + "</div>");
                }
            });
""",
        """                    graph_div.append(
                        "<div class='release-name' style='left:" + p.left + "px;'>" + tag + "</div>");
                }
            });
            graph_div.children('.release-name').get().sort((a, b) => b.offsetLeft - a.offsetLeft)
                .reduce((end, one) => {
                    const {left, right} = one.getBoundingClientRect();
                    if (right <= end) return left;
                    one.remove();
                    return end;
                }, Infinity);
""",
    ),
    # The page of regressions is built twice: a second change of the address to what it is has the first forgotten.
    Change(
        "regressions.js",
        "        else {\n            skip_reload = false;\n        }\n    }\n\n    function display_data",
        "    }\n\n    function display_data",
    ),
    # A regression between commits that are not neighbours is linked on GitHub alone.
    Change(
        "regressions.js",
        "$('<span/>').text(commit_a + '..' + commit_b)",
        "$('<a/>').attr('href', $.asv.main_json.show_commit_url + commit_b)"
        ".text(commit_a + '..' + commit_b)",
        2,
    ),
)


class Repairs(OutputPublisher):
    """Repairs the site's copies of asv's pages."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Make the repairs, and leave out benchmarks that have no results: their graphs are not there.

        And the code of benchmarks: a third of what every page loads first, for a hint at a pointer.
        """
        apply(CHANGES, Path(conf.html_dir))
        drawn = {graph.benchmark_name for _, graph in graphs}
        for name in benchmarks.keys() - drawn:
            del benchmarks[name]
        for one in benchmarks.values():
            one.pop("code", None)
