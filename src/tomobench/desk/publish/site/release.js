'use strict';

/* A release's page: its table, against the release before or the one in the address (?since=Y&layout=64×64×64). */

(function() {
    const table = window.tomobenchRelease, shapes = window.tomobenchShapes;
    const page = JSON.parse(document.getElementById('release-data').textContent);
    const form = /** @type {any} */ (document.getElementById('release-choices'));
    const fetched = {};
    let index = null, shown = null, loaded = null, latest = 0;

    /* A file that the browser has kept is asked for again: since it was, the site may have been published anew. */
    function get(file) {
        return fetched[file] = fetched[file] || fetch('../../' + file, {cache: 'no-cache'}).then(function(response) {
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
        const one = release(hash);
        return one ? one.name : hash;
    }

    function release(hash) {
        return index.releases.find(one => one.hash === hash);
    }

    /* What the address asks for, of what there is: see release-table.js. */
    function asked(volumes) {
        const query = new URLSearchParams(window.location.search);
        const wanted = {since: query.get('since') || '', layout: shapes.normal(query.get('layout') || '')};
        return table.question(wanted, page, index.releases, beside(volumes), table.layouts(volumes));
    }

    /* The releases that were measured on a volume that this one was measured on. */
    function beside(volumes) {
        return [...new Set(volumes.filter(one => one.columns.includes(page.release)).flatMap(one => one.columns))];
    }

    /* The series of this page's machine, put together once: whatever is chosen, they are the same. */
    function load() {
        return loaded = loaded || series();
    }

    function series() {
        const wanted = index.series.map((one, n) => ({...one, n: n})).filter(one => !one.race && one.machine === page.machine);
        return Promise.all(wanted.map(one => get('releases/' + one.n + '.json').then(
            found => ({...found, filed: window.tomobenchFiled(found.filed), volume: one.volume, id: one.id, n: one.n}))));
    }

    /* The same with the verdicts against a release. Against its neighbour a release was compared when the site was
       made; against another, in a file of that. */
    function against(volumes, since) {
        return Promise.all(volumes.map(function(one) {
            const [own, other] = [page.release, since].map(name => one.columns.indexOf(name));
            if (own < 0 || other < 0) return {...one, verdicts: null};
            return beforeIn(one, since) ? one : get('releases/' + one.n + '/' + since + '.json').then(found => ({...one, ...found}));
        }));
    }

    /* What the releases between changed: the facts of their pages. Of one release before this there are none between.
       The Findings page has those of one machine, which may be another than this page's. */
    function changesSince(want) {
        if (!want.since || want.since === page.since) return Promise.resolve([]);
        // Others were not compared with a wheel of one's own: what it changed is in none of them.
        const order = index.releases.map(one => one.hash).filter(
            (hash, n) => !index.releases[n].own || [want.since, page.release].includes(hash));
        return get('findings.json').then(found => found.machine !== page.machine ? []
            : table.between(found.changes, order, want.since, page.release, want.layout), () => []);
    }

    async function show() {
        const mine = ++latest, plain = await load(), want = asked(plain);
        const [volumes, changes] = await Promise.all([against(plain, want.since), changesSince(want)]);
        if (mine !== latest) return;
        choices(plain, want);
        draw(want, volumes);
        const about = one => !want.layout || one.chunks.includes(want.layout);
        const facts = want.since === page.since ? [{release: page.release, facts: page.facts.filter(about)}] : changes;
        shown.facts = facts.flatMap(one => one.facts.map(fact => ({...fact, release: nameOf(one.release)})));
        place('facts-of').hidden = want.since !== page.since;
        document.querySelectorAll('[data-fact]').forEach((line, n) => { /** @type {any} */ (line).hidden = !about(page.facts[n]); });
        between(changes, want);
    }

    /* The sentence, and the cells that it is made of. */
    function draw(want, volumes) {
        const names = {release: nameOf(page.release), since: want.since ? nameOf(want.since) : 'no earlier release'};
        const made = table.comparisons(volumes, page.release, want.since, want.layout), rows = table.fold(made);
        const checked = table.checks(volumes, page.release, want.since, want.layout);
        const asWritten = want.since === page.since && !want.layout;
        const sentence = asWritten ? page.sentence : table.sentence(made, checked, names, want.layout);
        shown = {sentence: sentence, address: window.location.href, rows: rows};
        place('verdict').textContent = sentence;
        place('note').textContent = want.notes.join(' ');
        place('against').textContent = want.since ? 'Against ' + names.since + (want.layout ? ', chunks of ' + want.layout : '')
            + '. A ratio is after ÷ before: 2 × is twice as much.' : 'No earlier release was measured: choose one to compare with.';
        strip(checked);
        grid(rows, table.sparks(volumes, index.releases.map(one => one.hash), page.release, want.layout), want, volumes);
        bars(table.histogram(made));
    }

    function choices(volumes, want) {
        const measured = beside(volumes);
        const options = index.releases.filter(one => measured.includes(one.hash) && one.hash !== page.release)
            .map(one => [one.hash, one.name + (one.hash === page.since ? ' (the one before)' : '')]);
        fill(form.elements.since, (page.since ? [] : [['', 'no earlier release']]).concat(options), want.since || '');
        fill(form.elements.layout, [['', 'all layouts']].concat(table.layouts(volumes).map(one => [one, one])), want.layout);
    }

    function between(changes, want) {
        place('between').hidden = !changes.length;
        place('between-since').textContent = nameOf(want.since);
        place('between').querySelector('ul').replaceChildren(...changes.map(function(one) {
            const facts = one.facts.length + (one.facts.length === 1 ? ' fact: ' : ' facts: ');
            return element('li', {}, element('details', {},
                element('summary', {}, element('b', {}, nameOf(one.release)), ' ' + facts + one.facts[0].said),
                element('ul', {class: 'facts'}, ...one.facts.map(fact)),
                element('a', {href: '../' + one.release + '/'}, 'all of ' + nameOf(one.release))));
        }));
    }

    function fact(one) {
        const links = one.links.flatMap((link, n) => [n ? ', ' : 'Upstream: ', element('a', {href: link.address}, link.name)]);
        return element('li', {class: one.way}, element('b', {}, one.mark + ' ' + one.tier), ': ' + one.said,
                       ...[[one.details], links].filter(said => said[0]).map(said => element('small', {}, ...said)));
    }

    function fill(select, options, value) {
        select.replaceChildren(...options.map(one => element('option', {value: one[0]}, one[1])));
        select.value = value;
    }

    const MARKS = {wrong: '✗', raises: '✗', unsafe: '✗', right: '✓'};
    /* Accesses that are named at once; more are folded. */
    const MOST = 9;
    const WHY = {raises: ', not new', unsafe: ', unsafe by design'};

    /* What is right and what is not, absolute: a box an access, and in words what is not; what is right is folded. */
    function strip(checked) {
        const right = checked.filter(one => one.state === 'right'), cells = right.reduce((sum, one) => sum + one.cells.length, 0);
        place('boxes').replaceChildren(...checked.map(one => element('i', {class: one.state, title: one.access})));
        place('checks').replaceChildren(...table.harms(checked).map(checkLine));
        place('right').hidden = !right.length;
        place('right').querySelector('summary').textContent = '✓ ' + cells.toLocaleString('en') + ' of ' + cells.toLocaleString('en')
            + ' cells of ' + right.length + (checked.length > right.length ? ' other' : '') + ' accesses are right';
        place('right').querySelector('ul').replaceChildren(...right.map(one => checkLine({...one, accesses: [one.access]})));
        if (!checked.length) place('checks').append(element('li', {}, 'nothing was checked'));
    }

    function checkLine(one) {
        const said = MARKS[one.state] + ' ' + table.harm(one) + (WHY[one.state] || '');
        const line = element('span', {class: 'said'}, said), names = one.accesses.join('; ');
        const long = () => element('details', {}, element('summary', {}, line, ': ' + one.accesses.length + ' accesses'), names);
        return element('li', {class: one.state}, ...one.accesses.length > MOST ? [long()] : [line, ': ' + names]);
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
        const mark = (cell.worse ? '▲' : '') + (cell.better ? '▽' : '');
        made.append(element('b', {class: way}, (mark ? mark + ' ' : '') + table.times(cell.median)), ' ',
                    element('span', {class: 'range'}, table.range(cell)), ' ',
                    element('span', {class: 'changed'}, ...changed(row.family, name, cell, want, volumes)));
        if (spark && spark.filter(value => value).length > 2) made.append(line(spark, row.family + ', ' + name));
        return made;
    }

    /* How many changed. Each number leads to as many rows: the Releases page shows one volume at a time. */
    function changed(family, column, cell, want, volumes) {
        const said = table.changed(cell), places = Object.keys(cell.moved).map(Number);
        const link = (place, text) => element('a', {href: cells(family, column, want, volumes[place]), title: 'on ' + volumes[place].volume}, text);
        if (places.length < 2) return places.length ? [link(places[0], said.split(' of ')[0]), ' of ' + cell.compared] : [said];
        return [said, ': ', ...places.flatMap((place, n) => [n ? ' + ' : '', link(place, String(cell.moved[place]))])];
    }

    /* The cells behind a figure, on the Releases page. */
    function cells(family, column, want, volume) {
        const query = new URLSearchParams({series: volume.id, family: family, column: column, show: 'moved', in: page.release});
        if (want.layout) query.set('layout', want.layout);
        if (!beforeIn(volume, want.since)) query.set('against', want.since);
        return '../../#/releases?' + String(query).replace(/\+/g, '%20');
    }

    /* Whether a release is the one that this was compared with in a volume when the site was made. */
    function beforeIn(volume, since) {
        return table.earlier(volume.columns, page.release, index.releases) === since;
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
        const since = form.elements.since.value;
        if (since && since !== page.since) query.set('since', release(since).asked);  // none: it has no figures here
        if (form.elements.layout.value) query.set('layout', form.elements.layout.value);
        // A plus of a version stays %2B: bare it would be a space.
        const text = decodeURIComponent(String(query).replaceAll('%2B', '%252B'));
        history.replaceState(null, '', window.location.pathname + (text ? '?' + text : ''));
        update();
    });
    form.addEventListener('submit', event => event.preventDefault());
    document.querySelectorAll('[data-format]').forEach(button => button.addEventListener('click', function() {
        const name = /** @type {HTMLElement} */ (button).dataset.format;
        navigator.clipboard.writeText(window.tomobenchCopy[name](shown)).then(
            () => { place('copied').textContent = name + ' copied'; },
            error => { place('copied').textContent = 'Can’t copy: ' + error.message; });
    }));

    function update() {
        return show().catch(error => { place('verdict').textContent = 'The figures can’t be read: ' + error.message; });
    }

    get('releases.json').then(function(found) {
        index = found;
        return update();
    }, error => { place('verdict').textContent += ' The figures can’t be read: ' + error.message; });
})();
