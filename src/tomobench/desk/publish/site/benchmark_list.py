"""asv's list of benchmarks, built as far as it is seen.

asv makes a row for every benchmark and cell, seven thousand here, before any of them is shown.
"""

from pathlib import Path

from asv.publishing import OutputPublisher

from tomobench.desk.publish.site.changes import Change, add_page, fit

PAGE = "summarylist.js"
CHANGES = (
    Change(
        PAGE,
        "        $.each(data, function(row_idx, row) {\n            var tr = $('<tr/>');",
        "        function make_row(row) {\n            var tr = $('<tr/>');",
    ),
    Change(
        PAGE,
        "            table_body.append(tr);\n        });\n\n"
        "        table_body.find('[data-toggle=\"tooltip\"]').tooltip();",
        "            tr.find('[data-toggle=\"tooltip\"]').tooltip();\n            return tr;\n        }",
    ),
    Change(
        PAGE,
        "        table.append(table_body);\n        setup_sort(table);",
        "        table.append(table_body);\n        $.asv.list_lazily(table, data, make_row);\n"
        "        setup_sort(table);",
    ),
    Change(PAGE, "        table.stupidtable();\n\n", ""),
    Change(
        PAGE,
        "th_to_sort.stupidsort(info.params.dir[0]);",
        "th_to_sort.trigger('order', info.params.dir[0]);",
    ),
    Change(PAGE, 'th_to_sort.stupidsort("asc");', "th_to_sort.trigger('order', 'asc');"),
    Change(
        "index.html",
        '            src="summarylist.js">\n    </script>\n',
        '            src="summarylist.js">\n    </script>\n'
        '    <script src="benchmark_list.js"></script>\n',
    ),
)


class BenchmarkList(OutputPublisher):
    """Has the list build its rows when they are about to be seen."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Make the changes: all or none, for they are of no use alone."""
        site = Path(conf.html_dir)
        if fit(CHANGES, site):
            add_page(("benchmark_list.js",), CHANGES, site)
