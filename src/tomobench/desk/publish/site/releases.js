'use strict';

/* The Releases page: a heat map of benchmarks against releases. What is a change was decided when the
   site was published (tomobench.desk.judge); here it is shown, filtered and put in order. Only the
   rows in sight are in the document. */

$(document).ready(function() {
    const ROW = 24, HEADING = 26, CELL = 62, SPARE_ROWS = 6;
    const NONE = '0', WORSE = '2', BETTER = '3', FAILS = '4';
    /* Ratios from which a colour is darker: a quarter, and twice. */
    const DARKER = [Math.log(1.25), Math.log(2)];
    /* More than any ratio's logarithm, and than the number of releases. */
    const MOST = 1e6;
    /* Rows of one kind, as a release's page counts them: asked for in the address, so that links lead to just these. */
    const KINDS = ['family', 'column', 'layout'];
    const table = window.tomobenchRelease;
    const CHOICES = ['series', 'against', 'suite', 'line', 'show', 'in', 'sort', 'text', 'only', ...KINDS];

    const display = $('#releases-display').hide(), form = $('#releases-choices')[0];
    const scroll = $('#releases-scroll')[0], grid = $('#releases-grid')[0];
    const fetched = {};
    let index = null, series = null, against = null, columns = [], rows = [], drawn = new Map();
    let active = null, latest = 0, waiting = null, nameWidth = 0, pointer = null;

    function get(file) {
        fetched[file] = fetched[file] || $.ajax({
            url: file + '?timestamp=' + $.asv.main_timestamp, dataType: 'json', cache: true
        });
        return fetched[file];
    }

    function escaped(text) {
        return $('<i>').text(text).html().replace(/"/g, '&quot;');
    }

    /* ---- The address holds what is chosen, and the cell. ---- */

    function chosen() {
        const found = {};
        CHOICES.forEach(name => { found[name] = form.elements[name].value; });
        return found;
    }

    function address() {
        const params = {};
        $.each(chosen(), function(name, value) {
            if (value && value !== $(form.elements[name]).data('default')) params[name] = [value];
        });
        if (active) {
            params.cell = [active.row.name];
            params.release = [series.columns[active.column]];
        }
        return $.asv.format_hash_string({location: ['/releases'], params: params});
    }

    /* Not at once: browsers allow so many changes of the address in a while, and a held key makes more. */
    function remember() {
        clearTimeout(waiting);
        waiting = setTimeout(function() {
            if (display.is(':visible')) history.replaceState(null, '', address());
        }, 300);
    }

    function fill(name, options, value) {
        const select = $(form.elements[name]).empty().data('default', options[0][0]);
        options.forEach(one => select.append($('<option>').val(one[0]).text(one[1])));
        select.val(options.some(one => one[0] === value) ? value : options[0][0]);
    }

    function seriesName(one) {
        const alike = index.series.filter(two => !two.race && two.machine === one.machine && two.volume === one.volume);
        const more = one.race ? ['race of ' + one.race.releases + ', ' + one.race.day] : alike.length > 1 ? [one.environment] : [];
        return [one.machine, one.volume || '-'].concat(more).join(' · ');
    }

    /* ---- Data ---- */

    function release(hash) {
        return index.releases.find(one => one.hash === hash);
    }

    function load(params) {
        const wanted = name => (params[name] || [''])[0], mine = ++latest;
        get('releases.json').then(function(found) {
            index = found;
            fill('series', index.series.map(one => [one.id, seriesName(one)]),
                 wanted('series'));
            return get('releases/' + form.elements.series.selectedIndex + '.json');
        }).then(function(found) {
            if (mine !== latest) return;
            series = found;
            series.own = series.columns.map(hash => release(hash).own);
            series.filed = series.rows ? series.filed : window.tomobenchFiled(series.filed);
            series.rows = series.rows || series.benchmark.map(describe);
            fillChoices(wanted);
            ['text', 'only'].forEach(name => { form.elements[name].value = wanted(name); });
            [...KINDS, 'only'].forEach(name => $(form.elements[name]).closest('label').prop('hidden', !wanted(name)));
            return loadAgainst().then(function() {
                if (mine !== latest) return;
                arrange();
                focusOn(wanted('cell'), wanted('release'));
            });
        }).fail(() => $.asv.ui.network_error());
    }

    function fillChoices(wanted) {
        const measured = series.columns.map(release);
        const suites = [...new Set(series.benchmarks.map(one => one.suite))].sort();
        const lines = [...new Set(measured.map(one => one.line))];
        fill('against', [['', 'the release before']].concat(measured.map(one => [one.hash, one.name])),
             wanted('against'));
        fill('suite', [['', 'all']].concat(suites.map(one => [one, one])), wanted('suite'));
        fill('line', [['', 'all']].concat(lines.map(one => [one, 'of line ' + one])), wanted('line'));
        fill('show', [['', 'all'], ['changed', 'changed'], ['moved', 'worse or better'], ['worse', 'worse']], wanted('show'));
        fill('in', [['', 'any release']].concat(measured.map(one => [one.hash, one.name])), wanted('in'));
        fill('sort', [['worst', 'worst first'], ['suite', 'by suite']], wanted('sort'));
        const filed = series.filed.filter(Boolean), layouts = table.layouts([series]);
        const kinds = {family: filed.map(one => one.family), column: table.COLUMNS, layout: layouts};
        KINDS.forEach(name => fill(name, [['', 'all']].concat([...new Set(kinds[name])].map(one => [one, one])), wanted(name)));
        const one = index.series[form.elements.series.selectedIndex];
        $('#releases-certainty').text(one.race ? 'Times: raced, turn by turn in the same seconds' : one.assumed
            ? 'Times: not calibrated, taken to differ by ' + 100 * one.assumed + ' % from run to run'
            : 'Times: noise measured for ' + one.calibrated + ' of ' + one.timed + ' rows');
    }

    function loadAgainst() {
        const hash = form.elements.against.value;
        against = hash ? series.columns.indexOf(hash) : null;
        if (against === null) {
            series.shown = series.verdicts;
            series.taken = series.raced;
            series.told = series.by_race;
            return $.Deferred().resolve().promise();
        }
        return get('releases/' + form.elements.series.selectedIndex + '/' + hash + '.json')
            .then(found => {
                series.shown = found.verdicts;
                series.taken = found.raced;
                series.told = found.by_race;
            });
    }

    function describe(place, n) {
        const benchmark = series.benchmarks[place];
        const cell = series.cell[n].map(value => String($.asv.convert_benchmark_param_value(value)));
        // A number says nothing without its name; a text mostly does.
        const said = cell.map((value, k) => (isNaN(value) ? '' : benchmark.params[k] + ' ') + value).join(', ');
        const name = benchmark.name + (cell.length ? '(' + series.cell[n].join(', ') + ')' : '');
        const filed = series.filed[n], words = filed ? [filed.family, filed.access, filed.metric, filed.column] : [];
        return {n: n, benchmark: benchmark, said: said, name: name, filed: filed || {harm: null, unsafe: false, least: 0, layout: ''},
                text: [benchmark.title, name, benchmark.params.join(' '), said].concat(words).join(' ')};
    }

    /* The column that a cell is compared with; -1 for none. By itself none is compared with a wheel of one's own. */
    function before(n, column) {
        if (against !== null) {
            return against !== column && series.states[n][against] === 'm' ? against : -1;
        }
        let from = column - 1;
        while (from >= 0 && (series.own[from] || series.states[n][from] !== 'm')) --from;
        return from;
    }

    function ratio(n, column) {
        const from = before(n, column);
        if (from < 0 || series.states[n][column] !== 'm') return null;
        if (series.taken) return series.taken.ratio[n][column];
        if (byRace(n, column)) return byRace(n, column)[0];
        const one = series.values[n][from], other = series.values[n][column];
        return one === other ? 1 : other / one;
    }

    /* [ratio, low, high] of a pair that a race compares, in a series of plain runs. */
    function byRace(n, column) {
        return series.told[n + ',' + column];
    }

    function error(n, column) {
        return Math.max(series.error[n], series.own_error[n + ',' + column] || 0);
    }

    function interval(n, column) {
        if (series.taken) return [series.taken.low[n][column], series.taken.high[n][column]];
        if (byRace(n, column)) return byRace(n, column).slice(1);
        const half = series.quantile[n] * Math.hypot(error(n, column), error(n, before(n, column)));
        return [-half, half].map(one => ratio(n, column) * Math.exp(one));
    }

    /* ---- Which rows and columns, in which order ---- */

    /* Whether a cell is wrong whatever the one before was: it failed, or lost voxels. A call that raises is where it
       had worked. */
    function wrong(row, column) {
        const state = series.states[row.n][column], harm = row.filed.harm, value = series.values[row.n][column];
        if (state === 'f') return true;
        if (!harm || state !== 'm') return false;
        return value >= harm.limit || harm.raised !== null && value >= harm.raised && series.shown[row.n][column] === WORSE;
    }

    /* WORSE, BETTER or FAILS for a change that counts; what is too small to count is none. */
    function change(row, column) {
        const verdict = series.shown[row.n][column];
        if (verdict === FAILS || wrong(row, column)) return FAILS;
        if (verdict !== WORSE && verdict !== BETTER || row.filed.harm) return NONE;
        return Math.abs(ratio(row.n, column) - 1) < row.filed.least ? NONE : verdict;
    }

    /* A failure stands above what a figure can be, even one that came from nothing: lost voxels first, then calls; last
       what is unsafe by design, for it is so in every release. Of these the newest first: those releases are in sight. */
    function worst(row, looked) {
        let most = -Infinity;
        const {harm} = row.filed, loses = harm && (harm.raised === null || harm.may_raise);
        looked.forEach(function(column) {
            const found = change(row, column), lost = loses && series.values[row.n][column] >= harm.limit;
            if (found === FAILS) most = Math.max(most, (row.filed.unsafe ? 2 : lost ? 6 : 4) * MOST + column);
            if (found === WORSE) most = Math.max(most, Math.min(MOST, Math.abs(Math.log(ratio(row.n, column)))));
        });
        return most;
    }

    function arrange() {
        const want = chosen();
        const marks = {changed: [WORSE, BETTER, FAILS], moved: [WORSE, BETTER], worse: [WORSE, FAILS]}[want.show];
        columns = series.columns.map((hash, n) => n)
            .filter(n => !want.line || release(series.columns[n]).line === want.line);
        const looked = want.in ? columns.filter(n => series.columns[n] === want.in) : columns;
        const changed = want.show === 'moved' && want.in ? moved(want)
            : row => !marks || looked.some(column => marks.includes(change(row, column)));
        let found = series.rows.filter(row =>
            (!want.suite || row.benchmark.suite === want.suite)
            && window.tomobenchShapes.holds(row.text, want.text)
            && named(row, want.only) && ofKind(row, want) && changed(row));
        if (want.sort === 'worst') {
            const order = new Map(found.map(row => [row, worst(row, looked)]));
            found = found.slice().sort((one, other) =>
                order.get(one) === order.get(other) ? one.n - other.n : order.get(other) > order.get(one) ? 1 : -1);
            rows = found;
        } else {
            rows = withSuites(found);
        }
        active = active && rows.includes(active.row) && columns.includes(active.column) ? active : null;
        drawAll();
        scroll.scrollLeft = CELL * (want.in ? columns.indexOf(looked[0]) - 2 : columns.length);
    }

    function ofKind(row, want) {
        const {family, column, layout} = row.filed;
        return (!want.family || family === want.family) && (!want.column || column === want.column)
            && (!want.layout || table.chunks(layout) === want.layout);
    }

    /* Whether a row's name has what a regular expression finds; none has what is no expression. */
    function named(row, expression) {
        try {
            return !expression || new RegExp(expression).test(row.name);
        } catch {
            return false;
        }
    }

    /* Whether a row is among those that the page of a release counts as changed: each cell once, whatever suites have it. */
    function moved(want) {
        const since = want.against || table.earlier(series.columns, want.in, index.releases);
        const volume = {...series, verdicts: series.shown, by_race: series.told};
        const found = new Set(table.comparisons([volume], want.in, since, want.layout)
            .filter(one => one.change).map(one => one.n));
        return row => found.has(row.n);
    }

    function withSuites(found) {
        const suites = new Map();
        found.forEach(row => suites.set(row.benchmark.suite, (suites.get(row.benchmark.suite) || []).concat(row)));
        return [...suites.keys()].sort().flatMap(suite => [{suite: suite, count: suites.get(suite).length}]
            .concat(suites.get(suite)));
    }

    /* ---- Drawing ---- */

    function drawAll() {
        // Where the window is narrow, asv's navigation takes several lines.
        display.css('top', $('#nav').outerHeight() + 3);
        const room = scroll.clientWidth - columns.length * CELL;
        nameWidth = Math.round(Math.max(130, Math.min(scroll.clientWidth * 0.35, 420), Math.min(room, 680)));
        grid.innerHTML = heading();
        grid.style.height = HEADING + rows.length * ROW + 'px';
        grid.style.width = nameWidth + columns.length * CELL + 'px';
        grid.setAttribute('aria-rowcount', rows.length + 1);
        grid.setAttribute('aria-colcount', columns.length + 1);
        drawn = new Map();
        if (!rows.length) $(grid).append($('<p class="empty">').text('No row is left by these choices.'));
        draw();
        detail(active);
    }

    function heading() {
        const cells = columns.map(function(column, place) {
            const one = release(series.columns[column]);
            return cellStart('div', 'columnheader', place, lineBegins(place)) + ' title="' + one.day + '">'
                + escaped(one.name) + '</div>';
        });
        return '<div class="row-of-releases heading" role="row" aria-rowindex="1">' + nameStart('columnheader')
            + '>' + rows.filter(row => !row.suite).length + ' rows</div>' + cells.join('') + '</div>';
    }

    function nameStart(role) {
        return '<div class="name" role="' + role + '" aria-colindex="1" style="width:' + nameWidth + 'px"';
    }

    function cellStart(tag, role, place, classes) {
        return '<' + tag + ' class="cell ' + classes + '" role="' + role + '" aria-colindex="' + (place + 2)
            + '" style="width:' + CELL + 'px"';
    }

    function lineBegins(place) {
        const line = n => release(series.columns[columns[n]]).line;
        return place && line(place) !== line(place - 1) ? 'line-begins' : '';
    }

    function draw() {
        const first = Math.max(0, Math.floor(scroll.scrollTop / ROW) - SPARE_ROWS);
        const last = Math.min(rows.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / ROW) + SPARE_ROWS);
        drawn.forEach(function(element, place) {
            if (place < first || place >= last) {
                element.remove();
                drawn.delete(place);
            }
        });
        for (let place = first; place < last; ++place) {
            if (!drawn.has(place)) {
                const template = document.createElement('template');
                template.innerHTML = rowAt(place);
                drawn.set(place, grid.appendChild(template.content.firstChild));
            }
        }
        mark();
    }

    function rowAt(place) {
        const row = rows[place], top = HEADING + place * ROW;
        const start = '<div class="row-of-releases' + (row.suite ? ' suite' : '') + '" role="row" aria-rowindex="'
            + (place + 2) + '" style="top:' + top + 'px">' + nameStart('rowheader');
        if (row.suite) return start + '>' + escaped(row.suite) + ' <small>' + row.count + '</small></div></div>';
        // What tells rows of a benchmark apart comes first: there is not room for all.
        const said = row.said ? [row.said, row.benchmark.title] : [row.benchmark.title, ''];
        return start + ' title="' + escaped(row.name) + '">' + escaped(said[0]) + '<small>' + escaped(said[1]) + '</small></div>'
            + columns.map((column, at) => cellAt(row, column, place, at)).join('') + '</div>';
    }

    function cellAt(row, column, place, at) {
        const looks = look(row, column);
        return cellStart('a', 'gridcell', at, looks[0] + ' ' + lineBegins(at)) + ' id="releases-' + place + '-' + at
            + '" tabindex="-1">' + looks[1] + '</a>';
    }

    /* Classes and text of a cell. */
    function look(row, column) {
        const n = row.n, state = series.states[n][column], verdict = series.shown[n][column];
        const accepted = against === null && series.acknowledged[n + ',' + column] ? '✓' : '';
        if (state === '-') return ['missing', ''];
        if (state === 'n') return ['na', 'n/a'];
        if (state === 'f') return ['fails sure', '✗ fails' + accepted];
        if (row.filed.harm) return absolute(row, column, accepted);
        if (column === against) return ['', 'base'];
        const value = ratio(n, column);
        if (value === null) return ['', 'first'];
        if (verdict === NONE) return ['na', '?'];
        const text = window.tomobenchRatios.short(value);
        if (verdict !== WORSE && verdict !== BETTER) return ['', text];
        const mark = verdict === WORSE ? '▲ ' : '▽ ';
        if (change(row, column) === NONE) return ['pale ' + (verdict === WORSE ? 'worse' : 'better'), mark + text];
        const size = Math.abs(Math.log(value)), name = verdict === WORSE ? 'worse' : 'better';
        const depth = DARKER.filter(one => size >= one).length;
        return ['sure ' + name + (depth ? '-' + (depth + 1) : ''), mark + text + accepted];
    }

    /* Correctness: no ratio. */
    function absolute(row, column, accepted) {
        const value = series.values[row.n][column], harm = row.filed.harm, step = harm.steps[value];
        const said = step || (value >= 1e6 ? (value / 1e6).toFixed(1) + 'M' : value >= 1e4 ? (value / 1e3).toFixed(0) + 'k' : value);
        if (wrong(row, column)) return ['fails sure', '✗ ' + said + accepted];
        return harm.raised !== null && value >= harm.raised && !harm.may_raise ? ['na', said] : ['right', '✓ ' + said];
    }

    /* asv's own graph at that place, on a log axis, with the two releases marked. */
    function graph(row, column) {
        const params = {'y-axis-scale': ['log']}, keys = index.series[form.elements.series.selectedIndex].keys;
        $.each($.asv.main_json.params, function(key, values) {
            if (values.length > 1 && key !== 'branch') params[key] = [key in keys ? keys[key] : null];
        });
        if ($.asv.main_json.params.branch.length > 1) params.branch = [$.asv.main_json.params.branch[0]];
        row.benchmark.params.forEach((name, k) => { params['p-' + name] = [series.cell[row.n][k]]; });
        const from = before(row.n, column);
        const two = from < 0 ? [column] : [from, column].sort((one, other) => one - other);
        params.commits = [two.map(n => series.columns[n]).join('-')];
        return $.asv.format_hash_string({location: [row.benchmark.name], params: params});
    }

    /* ---- The cell under the pointer, or the keys ---- */

    function detail(place) {
        $('#releases-detail').empty();
        if (!place) return;
        const row = place.row, n = row.n, column = place.column;
        const line = $('<span>').appendTo('#releases-detail');
        line.append($('<b>').text(release(series.columns[column]).name), ' ',
                    $('<span>').text(row.benchmark.title + (row.said ? ', ' + row.said : '') + ': '),
                    $('<span>').text(said(row, column)));
        const accepted = against === null && series.acknowledged[n + ',' + column];
        if (accepted) {
            line.append($('<span>').text('. Acknowledged: ' + accepted[0] + ' '));
            if (/^https?:/.test(accepted[1])) line.append($('<a>').attr('href', accepted[1]).text(accepted[1]));
        }
    }

    function said(row, column) {
        const n = row.n, state = series.states[n][column], from = before(n, column);
        const harm = row.filed.harm, value = one => series.values[n][one];
        const unit = one => harm && harm.steps[value(one)] || $.asv.pretty_unit(value(one), row.benchmark.unit);
        if (state === '-') return 'not measured';
        if (state === 'n') return 'n/a: ' + why(row, column);
        if (state === 'f') return 'failed' + (from < 0 ? '' : '; ' + unit(from) + ' in ' + name(from));
        if (harm) return unit(column) + (wrong(row, column) ? ', wrong' + (row.filed.unsafe ? ', unsafe by design' : '') : '') + (from < 0 ? '' : '; ' + unit(from) + ' in ' + name(from));
        if (from < 0) return unit(column) + ', no earlier value to compare with';
        const verdict = series.shown[n][column];
        if (verdict === NONE) return unit(column) + ', can’t be compared with ' + unit(from) + ' in ' + name(from);
        return unit(from) + ' in ' + name(from) + ' → ' + unit(column) + ', ratio ' + certainty(row, column) + ', '
            + (verdict === '1' ? unsure(row, column) : {2: 'worse', 3: 'better'}[verdict])
            + (verdict > '1' && change(row, column) === NONE ? ', too small to count' : '') + gap(from, column);
    }

    /* Of what is no change: an interval is a cell's own, a change is sure among all that its release was compared in. */
    function unsure(row, column) {
        const n = row.n, [low, high] = row.benchmark.exact ? [1, 1] : interval(n, column);
        if (low <= 1 && high >= 1) return 'no change found';
        const race = series.taken || byRace(n, column);
        if (race && Math.abs(Math.log(ratio(n, column))) < Math.log1p(index.least_raced)) return 'too small to be sure in a race';
        if (byRace(n, column)) return 'not sure among the race’s comparisons';
        const many = tests(column);
        return 'not sure among ' + many.toLocaleString('en') + (many === 1 ? ' comparison' : ' comparisons');
    }

    /* How many comparisons of times and memory a release has here, but for those of races. */
    function tests(column) {
        return series.rows.filter(row => !row.benchmark.exact && '123'.includes(series.shown[row.n][column])
            && !byRace(row.n, column)).length;
    }

    /* Why a release has no figure of a cell. */
    function why(row, column) {
        const line = release(series.columns[column]).line;
        const others = series.columns.some((hash, n) => release(hash).line !== line && series.states[row.n][n] !== 'n');
        if (!others) return 'the benchmark leaves this combination of parameters out';
        return row.filed.layout.includes(' in ') && line.startsWith('2')
            ? 'zarr ' + line + ' has no shards' : 'zarr ' + line + ' can’t do it; another line can';
    }

    function name(column) {
        return release(series.columns[column]).name;
    }

    function certainty(row, column) {
        const value = ratio(row.n, column), apart = Math.abs(value - 1);
        const digits = apart && apart < 0.001 ? 6 : 3;
        if (row.benchmark.exact) return isFinite(value) ? value.toFixed(digits) + ' (exact)' : '∞ (exact)';
        const ends = interval(row.n, column).map(one => one.toFixed(2));
        return value.toFixed(2) + ' [' + ends.join(', ') + '] (95 %'
            + (byRace(row.n, column) ? ', of a race)' : ')');
    }

    /* What was not measured between a release and the one it is compared with. */
    function gap(from, column) {
        const places = [from, column].map(n => index.releases.findIndex(one => one.hash === series.columns[n]));
        const between = index.releases.slice(Math.min(...places) + 1, Math.max(...places)).filter(one =>
            against === null && !one.own && !series.columns.includes(one.hash));
        return between.length ? '; ' + between.length + ' releases between were not measured' : '';
    }

    function placeOf(element) {
        const match = (element.closest('.cell[id]') || {id: ''}).id.match(/^releases-(\d+)-(\d+)$/);
        return match && {row: rows[+match[1]], column: columns[+match[2]]};
    }

    function mark() {
        $(grid).find('.active').removeClass('active').removeAttr('aria-selected');
        const id = active && 'releases-' + rows.indexOf(active.row) + '-' + columns.indexOf(active.column);
        const element = id && document.getElementById(id);
        if (element) $(element).addClass('active').attr('aria-selected', 'true');
        if (element) grid.setAttribute('aria-activedescendant', id);
        else grid.removeAttribute('aria-activedescendant');
    }

    function moveTo(place, at) {
        active = {row: rows[place], column: columns[at]};
        const top = place * ROW, left = at * CELL;
        const tall = scroll.clientHeight - HEADING, wide = scroll.clientWidth - nameWidth;
        scroll.scrollTop = Math.max(Math.min(scroll.scrollTop, top), top + ROW - tall);
        scroll.scrollLeft = Math.max(Math.min(scroll.scrollLeft, left), left + CELL - wide);
        draw();
        detail(active);
        remember();
    }

    function focusOn(cell, hash) {
        const place = rows.findIndex(row => row.name === cell);
        const at = columns.indexOf(series.columns.indexOf(hash));
        if (place >= 0 && at >= 0) {
            moveTo(place, at);
            grid.focus({preventScroll: true});
        }
    }

    /* The nearest place in a direction that is a row, not a suite's heading. */
    function rowFrom(place, step) {
        const within = n => Math.max(0, Math.min(rows.length - 1, n));
        let next = within(place);
        while (rows[next].suite && within(next + step) !== next) next = within(next + step);
        return rows[next].suite ? rowFrom(next - step, -step) : next;
    }

    function key(event) {
        if (!rows.length || !columns.length || event.altKey || event.metaKey) return;
        const place = active ? rows.indexOf(active.row) : 0, at = active ? columns.indexOf(active.column) : 0;
        const last = columns.length - 1, page = Math.max(1, Math.floor(scroll.clientHeight / ROW) - 2);
        const end = rows.length - 1;
        const moves = {
            ArrowDown: () => [rowFrom(place + 1, 1), at], ArrowUp: () => [rowFrom(place - 1, -1), at],
            PageDown: () => [rowFrom(place + page, 1), at], PageUp: () => [rowFrom(place - page, -1), at],
            ArrowRight: () => [place, Math.min(last, at + 1)], ArrowLeft: () => [place, Math.max(0, at - 1)],
            Home: () => event.ctrlKey ? [rowFrom(0, 1), 0] : [place, 0],
            End: () => event.ctrlKey ? [rowFrom(end, -1), last] : [place, last]
        };
        if (event.key === 'Enter' && active) {
            leave();
        } else if (event.key in moves) {
            const next = active ? moves[event.key]() : [rowFrom(0, 1), 0];
            moveTo(next[0], next[1]);
        } else {
            return;
        }
        event.preventDefault();
    }

    /* To a cell's graph. The address is right before it is left: the back button leads to the same cell. Of what has no
       figure there is nothing to draw: it says why. */
    function leave() {
        if (!'mf'.includes(series.states[active.row.n][active.column])) {
            mark();
            return detail(active);
        }
        clearTimeout(waiting);
        history.replaceState(null, '', address());
        window.location.hash = graph(active.row, active.column);
    }

    /* ---- Events ---- */

    let asked = false;
    scroll.addEventListener('scroll', function() {
        if (!asked) requestAnimationFrame(() => { asked = false; draw(); });
        asked = true;
    }, {passive: true});
    $(window).on('resize', () => { if (series && display.is(':visible')) drawAll(); });
    $(grid).on('keydown', event => key(event.originalEvent));
    $(grid).on('focus', () => { if (!active && rows.length && columns.length) moveTo(rowFrom(0, 1), 0); });
    /* A page that moves below the pointer is no movement of the pointer. */
    $(grid).on('mousemove', function(event) {
        const element = event.target.closest('.cell[id]'), at = event.clientX + ',' + event.clientY;
        if (!element || at === pointer) return;
        pointer = at;
        const place = placeOf(element);
        element.href = graph(place.row, place.column);
        detail(place);
    });
    $(grid).on('mouseleave', () => detail(active));
    $(grid).on('click', '.cell[id]', function(event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        active = placeOf(event.target);
        event.preventDefault();
        leave();
    });
    $(form).on('submit', event => event.preventDefault());
    $(form).on('change input', function(event) {
        scroll.scrollTop = 0;
        if (['series', 'against'].includes(event.target.name)) {
            load($.asv.parse_hash_string(address()).params);
        } else {
            arrange();
        }
        remember();
    });

    /* asv hides its own pages, not this one. */
    $(window).on('hashchange', function() {
        if ($.asv.parse_hash_string(window.location.hash).location[0] !== 'releases') {
            clearTimeout(waiting);
            display.hide();
        }
    });

    $.asv.register_page('releases', function(params) {
        display.show();
        $('#title').text('Releases');
        load(params);
    });
});
