'use strict';

/* A release's page: its table, against the release before or the one in the address (?since=Y&layout=64×64×64). */

(function() {
    const table = window.tomobenchRelease, shapes = window.tomobenchShapes;
    const page = JSON.parse(document.getElementById('release-data').textContent);
    const form = /** @type {any} */ (document.getElementById('release-choices'));
    const fetched = {};
    let index = null, shown = null, latest = 0;

    function get(file) {
        return fetched[file] = fetched[file] || fetch('../../' + file).then(function(response) {
            if (!response.ok) throw new Error(file + ': ' + response.status);
            return response.json();
        });
    }

    function element(name, attributes, ...children) {
        const made = document.createElement(name);
        Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
        made.append(...children);
        return made;
    }

    function place(id) {
        return document.getElementById('release-' + id);
    }

    function nameOf(hash) {
        const one = index.releases.find(known => known.hash === hash);
        return one ? one.name : hash;
    }

    function asked() {
        const query = new URLSearchParams(window.location.search);
        const known = index.releases.find(one => [one.hash, one.name].includes(query.get('since')));
        return {since: known ? known.hash : page.before, layout: shapes.normal(query.get('layout') || '')};
    }

    /* The series of one machine that have the release, with the verdicts against another. */
    function load(since) {
        const wanted = index.series.map((one, n) => ({n: n, volume: one.volume, race: one.race, machine: one.machine}))
            .filter(one => !one.race && one.machine === page.machine);
        return Promise.all(wanted.map(one => get('releases/' + one.n + '.json').then(function(series) {
            const both = [page.release, since].every(name => series.columns.includes(name));
            const next = series.columns.indexOf(page.release) - series.columns.indexOf(since) === 1;
            const plain = {...series, volume: one.volume, id: index.series[one.n].id};
            if (!both) return {...plain, verdicts: null};
            // Against its neighbour a release was compared when the site was made; against another, in a file of that.
            if (next && since === page.before) return plain;
            return get('releases/' + one.n + '/' + since + '.json').then(found => ({...plain, ...found}));
        })));
    }

    function show() {
        const want = asked(), mine = ++latest;
        return load(want.since).then(function(volumes) {
            if (mine !== latest) return;
            choices(volumes, want);
            const names = {release: nameOf(page.release), since: nameOf(want.since)};
            const made = table.comparisons(volumes, page.release, want.since, want.layout);
            const checked = table.checks(volumes, page.release, want.layout);
            const own = want.since === page.before && !want.layout;
            const sentence = own ? page.sentence : table.sentence(made, checked, names, want.layout);
            place('verdict').textContent = sentence;
            place('facts-of').hidden = want.since !== page.before;
            place('against').textContent = 'Against ' + names.since + (want.layout ? ', chunks of ' + want.layout : '')
                + '. A ratio is after ÷ before: 2 × is twice as much.';
            strip(checked);
            const rows = table.fold(made);
            const several = volumes.filter(one => one.verdicts && one.columns.includes(page.release));
            grid(rows, table.sparks(volumes, index.releases.map(one => one.hash), page.release, want.layout), want, several);
            bars(table.histogram(made));
            shown = {sentence: sentence, address: window.location.href, rows: rows,
                     facts: want.since === page.before ? page.facts : []};
        }).catch(error => { place('verdict').textContent = 'The figures can’t be read: ' + error.message; });
    }

    function choices(volumes, want) {
        const measured = new Set(volumes.filter(one => one.columns.includes(page.release)).flatMap(one => one.columns));
        fill(form.elements.since, index.releases.filter(one => measured.has(one.hash) && one.hash !== page.release)
            .map(one => [one.hash, one.name + (one.hash === page.before ? ' (the one before)' : '')]), want.since);
        fill(form.elements.layout, [['', 'all layouts']].concat(table.layouts(volumes).map(one => [one, one])), want.layout);
    }

    function fill(select, options, value) {
        select.replaceChildren(...options.map(one => element('option', {value: one[0]}, one[1])));
        select.value = value;
    }

    /* What is right and what is not, absolute: a box a cell. */
    function strip(checked) {
        place('checks').replaceChildren(...checked.map(function(one) {
            const bad = one.cells.filter(cell => cell.bad), lost = bad.map(cell => cell.value).filter(value => value);
            const said = bad.length ? '✗ ' + bad.length + ' of ' + one.cells.length + ' wrong'
                + (lost.length ? ': up to ' + Math.max(...lost).toLocaleString('en') + ' voxels lost' : ': raises an error, or hangs')
                : '✓ ' + one.cells.length + ' of ' + one.cells.length + ' right';
            const boxes = one.cells.map(cell => element('i', {
                class: cell.bad ? 'wrong' : 'right', title: cell.layout + ', ' + cell.volume
            }));
            return element('li', {class: bad.length ? 'wrong' : ''}, element('span', {}, one.access), ' ',
                           element('span', {class: 'said'}, said), ' ', element('span', {class: 'boxes', 'aria-hidden': 'true'}, ...boxes));
        }));
        if (!checked.length) place('checks').append(element('li', {}, 'nothing was checked'));
    }

    function grid(rows, sparks, want, volumes) {
        const body = rows.map(row => element('tr', {}, element('th', {scope: 'row'}, row.family),
            ...table.COLUMNS.map(name => figure(row, name, sparks[row.family + '|' + name], want, volumes))));
        place('table').querySelector('tbody').replaceChildren(...body);
        place('none').hidden = rows.length > 0;
    }

    function figure(row, name, spark, want, volumes) {
        const cell = row.columns[name], made = element('td', {'data-label': name});
        if (!cell) return made;
        const way = cell.worse && cell.better ? '' : cell.worse ? 'worse' : cell.better ? 'better' : '';
        const mark = cell.worse ? '▲ ' : cell.better ? '▽ ' : '';
        const link = element('a', {href: cells(row.family, name, want, volumes)},
                             cell.worse + cell.better + ' of ' + cell.compared);
        made.append(element('b', {class: way}, mark + table.times(cell.median)), ' ',
                    element('span', {class: 'range'}, table.range(cell)), ' ',
                    element('span', {class: 'changed'}, cell.worse + cell.better ? link : 'none of ' + cell.compared, ' changed'));
        if (spark && spark.filter(value => value).length > 2) made.append(line(spark, row.family + ', ' + name));
        return made;
    }

    /* The cells behind a figure, on the Releases page. */
    function cells(family, name, want, volumes) {
        const query = new URLSearchParams({series: volumes[0].id, text: [family, name, want.layout].filter(Boolean).join(' '),
                                           show: 'changed', in: page.release});
        if (want.since !== page.before) query.set('against', want.since);
        return '../../#/releases?' + String(query).replace(/\+/g, '%20');
    }

    /* A line over all releases, on a logarithmic scale; this release is a dot. */
    function line(values, what) {
        const wide = 96, tall = 20, known = values.filter(value => value);
        const logs = known.map(Math.log), low = Math.min(...logs), span = Math.max(...logs) - low || 1;
        const x = n => 3 + n * (wide - 6) / Math.max(1, values.length - 1);
        const y = value => tall - 3 - (Math.log(value) - low) / span * (tall - 6);
        let drawn = '', pen = false;
        values.forEach(function(value, n) {
            if (value) drawn += (pen ? 'L' : 'M') + x(n).toFixed(1) + ' ' + y(value).toFixed(1);
            pen = Boolean(value);
        });
        const own = index.releases.findIndex(one => one.hash === page.release);
        const holder = element('span', {class: 'spark', role: 'img', 'aria-label': what + ' over all releases, from '
            + table.times(Math.min(...known)) + ' to ' + table.times(Math.max(...known)) + ' of this one'});
        holder.innerHTML = '<svg viewBox="0 0 ' + wide + ' ' + tall + '" width="' + wide + '" height="' + tall
            + '" aria-hidden="true"><path d="' + drawn + '"/>'
            + (values[own] ? '<circle cx="' + x(own) + '" cy="' + y(values[own]) + '" r="2.6"/>' : '') + '</svg>';
        return holder;
    }

    function bars(counts) {
        const edges = table.EDGES, most = Math.max(1, ...counts);
        const names = counts.map((count, n) => n === 0 ? 'under ' + edges[0] : n === edges.length ? edges[n - 1] + ' and more'
            : edges[n - 1] + ' to ' + edges[n]);
        place('histogram').replaceChildren(...counts.flatMap(function(count, n) {
            const bar = element('i', {'aria-hidden': 'true'});
            bar.style.width = 100 * count / most + '%';
            return [element('dt', {}, names[n] + ' ×'), element('dd', {}, bar, ' ' + count.toLocaleString('en') + ' cells')];
        }));
    }

    form.addEventListener('change', function() {
        const query = new URLSearchParams();
        if (form.elements.since.value !== page.before) query.set('since', nameOf(form.elements.since.value));
        if (form.elements.layout.value) query.set('layout', form.elements.layout.value);
        const text = decodeURIComponent(String(query));
        history.replaceState(null, '', window.location.pathname + (text ? '?' + text : ''));
        show();
    });
    form.addEventListener('submit', event => event.preventDefault());
    document.querySelectorAll('[data-format]').forEach(button => button.addEventListener('click', function() {
        const name = /** @type {HTMLElement} */ (button).dataset.format;
        navigator.clipboard.writeText(table.formats[name](shown)).then(
            () => { place('copied').textContent = name + ' copied'; },
            error => { place('copied').textContent = 'Can’t copy: ' + error.message; });
    }));

    get('releases.json').then(function(found) {
        index = found;
        return show();
    });
})();
