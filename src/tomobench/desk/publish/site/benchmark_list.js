'use strict';

/* asv's list of benchmarks, thousands of rows: those that are seen are built, in order of the data. */
$(document).ready(function () {
    /* How many rows are built at first, and each time the last one comes into view. */
    var BATCH = 150;

    /* What a row is ordered by, for each column of asv's table: what asv's page orders by. */
    var KEYS = [
        function (row) { return row.pretty_name; },
        function (row) {
            if (row.last_value === null) return -1e99;
            var unit = $.asv.main_json.benchmarks[row.name].unit;
            return unit == 'seconds' ? row.last_value * 1e100 : row.last_value;
        },
        function (row) {
            return row.prev_value ? 100 * (row.last_value / row.prev_value - 1) : 0;
        },
        function (row) {
            if (row.change_rev === null) return '';
            var date = new Date($.asv.main_json.revision_to_date[row.change_rev[1]]);
            return $.asv.format_date_yyyymmdd(date) + ' ' + row.change_rev[1];
        },
    ];
    var collator = new Intl.Collator();

    function compare(a, b) {
        return typeof a == 'string' ? collator.compare(a, b) : a - b;
    }

    function ordered(data, column, direction) {
        var sign = direction == 'desc' ? -1 : 1;
        var keyed = data.map(function (row) { return [KEYS[column](row), row]; });
        keyed.sort(function (a, b) { return sign * compare(a[0], b[0]); });
        return keyed.map(function (pair) { return pair[1]; });
    }

    function contains(words) {
        return function (row) {
            var name = row.pretty_name.toLowerCase();
            return words.every(function (word) { return name.includes(word); });
        };
    }

    /* Fill a table with the rows of ``data``, each made by ``make_row`` when it is about to be seen.
       The table takes the event "order" (at a th, with "asc" or "desc"), and tells of an order by
       "aftertablesort", as asv's page knows it. */
    $.asv.list_lazily = function (table, data, make_row) {
        var body = table.find('tbody'), headings = table.find('thead th');
        var rows = data, wanted = data, built = 0;
        var asks = 'Only benchmarks that contain these words';
        var filter = $('<input type="search" class="form-control"/>')
            .attr({placeholder: asks, 'aria-label': asks});
        var rest = $('<button type="button" class="btn btn-default btn-sm"/>');
        var foot = $('<tfoot/>').append($('<tr/>').append($('<td/>', {colspan: 4}).append(rest)));
        table.prepend($('<caption/>').append(filter)).append(foot);

        function build() {
            body.append(wanted.slice(built, built + BATCH).map(make_row));
            built = Math.min(built + BATCH, wanted.length);
            rest.text(built + ' of ' + wanted.length + ' shown: more');
            foot.toggle(built < wanted.length);
        }

        function restart() {
            wanted = rows.filter(contains(filter.val().toLowerCase().split(/\s+/)));
            built = 0;
            body.empty();
            build();
        }

        headings.on('click', function () {
            $(this).trigger('order', $(this).hasClass('asc') ? 'desc' : 'asc');
        });
        headings.on('order', function (event, direction) {
            var column = headings.index(this);
            rows = ordered(data, column, direction);
            restart();
            table.trigger('aftertablesort', {column: column, direction: direction});
        });
        filter.on('input', restart);
        rest.on('click', build);
        new IntersectionObserver(function (entries) {
            if (entries[0].isIntersecting && built < wanted.length) build();
        }).observe(foot[0]);
    };
});
