'use strict';

/* What a release's page shows of its cells: folded into families of accesses by metrics. What is a change was decided
   when the site was published (tomobench.desk.judge); here it is counted. Pure: no document, no network.

   A *volume* is {columns, values, states, filed, verdicts, by_race}: a series as in releases/<n>.json, filed as filed.js
   makes it, with the verdicts against the release compared with. */

(function() {
    const NONE = '0', WORSE = '2', BETTER = '3', FAILS = '4';
    const COLUMNS = ['requests', 'bytes', 'Python calls', 'time', 'memory'];
    const TIERS = {traffic: 'traffic', time: 'time or memory', work: 'Python work'};

    const times = value => window.tomobenchRatios.times(value);

    function median(values) {
        const sorted = values.slice().sort((one, other) => one - other), n = sorted.length;
        if (!n) return null;
        return n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }

    /* The chunk shape of a layout, in shards or not, whatever the format and codec. */
    function chunks(layout) {
        return layout.split(/, | in | format /)[0];
    }

    function layouts(volumes) {
        const found = new Set();
        volumes.forEach(one => one.filed.forEach(kind => { if (kind) found.add(chunks(kind.layout)); }));
        const volume = shape => shape.split('×').reduce((product, edge) => product * edge, 1);
        return [...found].filter(one => /^\d+×\d+×\d+$/.test(one)).sort((one, other) => volume(one) - volume(other));
    }

    /* What an address asks for, as far as it can be answered, and what can't be.
       wanted: {since, layout}, as they were typed; page: {release, since}; known: [{hash, name}] in order;
       measured: hashes that the release can be compared with; shapes: the layouts there are. */
    function question(wanted, page, known, measured, shapes) {
        const alike = known.filter(other => other.name === wanted.since);
        const one = known.find(other => other.hash === wanted.since) || (alike.length === 1 ? alike[0] : undefined);
        const can = one && one.hash !== page.release && measured.includes(one.hash);
        const notes = [];
        if (wanted.since && !can) {
            notes.push(one && one.hash === page.release ? 'A release is not compared with itself.'
                : alike.length > 1 ? '“' + wanted.since + '” is the version of several wheels: ask for '
                    + alike.map(other => other.hash).join(' or ') + '.'
                : 'There is nothing of “' + wanted.since + '” to compare with: no such release was measured beside this one.');
        }
        if (wanted.layout && !shapes.includes(wanted.layout)) {
            notes.push('No cell has chunks of “' + wanted.layout + '”: all layouts are shown.');
        }
        return {since: can ? one.hash : page.since, layout: shapes.includes(wanted.layout) ? wanted.layout : '', notes: notes};
    }

    /* The release of a volume's that another was compared with when the site was made: the last one before it that is no
       wheel of one's own. known: [{hash, own}]. */
    function earlier(columns, release, known) {
        const own = new Set(known.filter(one => one.own).map(one => one.hash));
        return columns.slice(0, columns.indexOf(release)).filter(hash => !own.has(hash)).pop();
    }

    /* The facts of the releases after one and up to another, the newest first; those about a layout, if one is asked
       for. What is accepted, as unsafe by design, is in every release and left out.
       changes: [{release, facts}], the newest first; order: the hashes of releases. */
    function between(changes, order, since, release, layout) {
        const [from, to] = [since, release].map(one => order.indexOf(one));
        return changes.filter(one => order.indexOf(one.release) > from && order.indexOf(one.release) <= to)
            .map(one => ({release: one.release, facts: one.facts.filter(
                fact => !fact.accepted && (!layout || fact.chunks.includes(layout)))}))
            .filter(one => one.facts.length);
    }

    /* The rows of a volume that are asked for; what two suites measured is one. */
    function rowsOf(volume, layout) {
        const seen = new Set();
        return volume.filed.map((kind, n) => ({n: n, kind: kind})).filter(function(row) {
            if (!row.kind || layout && chunks(row.kind.layout) !== layout) return false;
            if (!row.kind.harm && seen.has(row.kind)) return false;
            seen.add(row.kind);
            return true;
        });
    }

    /* The ratio of two columns of a row; a race's own where it compares them. */
    function ratio(volume, n, from, to) {
        const told = (volume.by_race || {})[n + ',' + to];
        if (told) return told[0] === null ? Infinity : told[0];
        const before = volume.values[n][from], after = volume.values[n][to];
        return before === after ? 1 : after / before;
    }

    function compared(volume, release, since) {
        const to = volume.columns.indexOf(release), from = volume.columns.indexOf(since);
        return to < 0 || from < 0 || !volume.verdicts ? null : {from: from, to: to};
    }

    /* Each comparison that was made: {kind, volume: its place, n: its row, ratio, change: '' | 'worse' | 'better'}. */
    function comparisons(volumes, release, since, layout) {
        return volumes.flatMap(function(volume, place) {
            const ends = compared(volume, release, since);
            if (!ends) return [];
            return rowsOf(volume, layout).flatMap(function(row) {
                const verdict = volume.verdicts[row.n][ends.to], both = [ends.from, ends.to];
                if (verdict === NONE || verdict === FAILS || row.kind.tier === 'wrong') return [];
                if (!both.every(one => volume.states[row.n][one] === 'm')) return [];
                const value = ratio(volume, row.n, ends.from, ends.to);
                const counts = Math.abs(value - 1) >= row.kind.least;
                const change = !counts ? '' : verdict === WORSE ? 'worse' : verdict === BETTER ? 'better' : '';
                return [{kind: row.kind, volume: place, n: row.n, ratio: value, change: change}];
            });
        });
    }

    /* What was checked in a release, absolute, by access: {access, state, cells: [{layout, volume, state, does, lost}]}.
       state, the worst first: wrong; raises, as it did in the release compared with; unsafe, by design; right.
       does: what a wrong one does, in words; lost: its voxels, where they are counted. */
    const STATES = ['wrong', 'raises', 'unsafe', 'right'];

    function checks(volumes, release, since, layout) {
        const found = new Map();
        volumes.forEach(function(volume) {
            const column = volume.columns.indexOf(release), from = volume.columns.indexOf(since);
            if (column < 0) return;
            rowsOf(volume, layout).forEach(function(row) {
                const checked = check(volume, row, column, from);
                if (!checked) return;
                const name = row.kind.access + (row.kind.layout.includes(' in ') ? ', in shards' : '');
                if (!found.has(name)) found.set(name, new Map());
                const cells = found.get(name), key = row.kind.layout + '|' + volume.volume;
                cells.set(key, worse(cells.get(key), {layout: row.kind.layout, volume: volume.volume, ...checked}));
            });
        });
        const worst = one => Math.min(...one.cells.map(cell => STATES.indexOf(cell.state)));
        const made = [...found].map(([access, cells]) => ({access: access, cells: [...cells.values()]}));
        return made.map(one => ({...one, state: STATES[worst(one)]})).sort((one, other) =>
            worst(one) - worst(other) || lost(other) - lost(one) || (one.access < other.access ? -1 : 1));
    }

    /* Several suites and metrics check the same cell: the worst of two, lost voxels before an error. */
    function worse(one, other) {
        if (!one) return other;
        const by = STATES.indexOf(one.state) - STATES.indexOf(other.state) || (other.lost || 0) - (one.lost || 0);
        return by <= 0 ? one : other;
    }

    /* A call that raises is wrong where it had worked: who makes it sees that, and loses nothing. Where a server failed,
       an error is right all the same. */
    function check(volume, row, column, from) {
        const harm = row.kind.harm, state = volume.states[row.n], value = volume.values[row.n][column];
        const bad = row.kind.unsafe ? 'unsafe' : 'wrong';
        if (state[column] === 'f') return {state: bad, does: 'raise an error, or hang', lost: null};
        if (!harm || state[column] !== 'm') return null;
        if (value >= harm.limit) return {state: bad, does: harm.does, lost: harm.counts ? value : null};
        if (harm.raised === null || value < harm.raised) return {state: 'right', does: '', lost: null};
        const worked = from >= 0 && state[from] === 'm' && volume.values[row.n][from] < harm.raised;
        if (harm.may_raise && !worked) return {state: 'right', does: '', lost: null};
        return {state: worked ? bad : 'raises', does: 'raise an error', lost: null};
    }

    function lost(one) {
        return Math.max(0, ...one.cells.map(cell => cell.lost));
    }

    /* The accesses that do the same harm, together. */
    function harms(checked) {
        const found = new Map();
        checked.filter(one => one.state !== 'right').forEach(function(one) {
            const key = one.state + doesOf(one);
            if (!found.has(key)) found.set(key, {state: one.state, accesses: [], cells: []});
            found.get(key).accesses.push(one.access);
            found.get(key).cells.push(...one.cells);
        });
        return [...found.values()];
    }

    function doesOf(one) {
        return [...new Set(one.cells.filter(cell => cell.state !== 'right').map(cell => cell.does))];
    }

    /* ``6 of 16 cells lose up to 2,097,152 voxels``. */
    function harm(one) {
        const bad = one.cells.filter(cell => cell.state !== 'right');
        if (!bad.length) return one.cells.length + ' of ' + one.cells.length + ' cells right';
        const most = lost(one), said = doesOf(one).map(what => most && what === 'lose voxels'
            ? 'lose up to ' + most.toLocaleString('en') + ' voxels' : what);
        return bad.length + ' of ' + one.cells.length + ' cells ' + said.join(', or ');
    }

    /* Median over cells of each release's value / this release's, by release; null where nothing was measured. */
    function sparks(volumes, releases, release, layout) {
        const found = {};
        // One volume, that most releases were measured on: of several, the cells would differ from release to release.
        const most = volumes.filter(one => one.columns.includes(release)).sort((one, other) => other.columns.length - one.columns.length);
        most.slice(0, 1).forEach(function(volume) {
            const own = volume.columns.indexOf(release);
            if (own < 0) return;
            rowsOf(volume, layout).forEach(function(row) {
                const base = volume.values[row.n][own];
                if (!row.kind.column || !base || volume.states[row.n][own] !== 'm') return;
                const key = row.kind.family + '|' + row.kind.column;
                found[key] = found[key] || releases.map(() => []);
                releases.forEach(function(name, place) {
                    const column = volume.columns.indexOf(name);
                    if (column >= 0 && volume.states[row.n][column] === 'm') {
                        found[key][place].push(volume.values[row.n][column] / base);
                    }
                });
            });
        });
        Object.keys(found).forEach(key => { found[key] = found[key].map(median); });
        return found;
    }

    /* The table: a row for each family, in it {median, low, high, worse, better, compared, moved} by column.
       moved: how many changed on each volume, by its place; none where none did. */
    function fold(made) {
        const found = new Map();
        made.forEach(function(one) {
            if (!one.kind.column) return;
            if (!found.has(one.kind.family)) found.set(one.kind.family, {});
            const row = found.get(one.kind.family);
            (row[one.kind.column] = row[one.kind.column] || []).push(one);
        });
        return [...found].map(([family, columns]) => ({family: family, columns: Object.fromEntries(
            Object.entries(columns).map(([name, several]) => [name, summary(several)]))}));
    }

    function summary(several) {
        const ratios = several.map(one => one.ratio), count = word => several.filter(one => one.change === word).length;
        const moved = {};
        several.filter(one => one.change).forEach(one => { moved[one.volume] = (moved[one.volume] || 0) + 1; });
        return {median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios),
                worse: count('worse'), better: count('better'), compared: several.length, moved: moved};
    }

    /* How many comparisons have a ratio in each of the classes, the least first. */
    const EDGES = [0.5, 0.8, 0.95, 1.05, 1.25, 2];

    function histogram(made) {
        const counts = Array(EDGES.length + 1).fill(0);
        made.forEach(one => { ++counts[EDGES.filter(edge => one.ratio >= edge).length]; });
        return counts;
    }

    /* In a sentence whether one release is safe from another. */
    function sentence(made, checked, names, layout) {
        const cells = checked.flatMap(one => one.cells).filter(cell => cell.state !== 'unsafe');
        const bad = cells.filter(cell => cell.state === 'wrong').length;
        const what = names.release + ' against ' + names.since + (layout ? ', chunks of ' + layout : '') + ': ';
        if (!made.length && !cells.length) return what + 'nothing was compared.';
        const safe = !cells.length ? 'correctness was not checked' : bad
            ? 'NOT SAFE: ' + bad + ' of ' + cells.length + ' checks lose voxels or raise an error'
            : 'nothing broken in ' + cells.length + ' checks';
        const told = Object.entries(TIERS).map(function([tier, name]) {
            const own = made.filter(one => one.kind.tier === tier);
            const worse = own.filter(one => one.change === 'worse');
            if (!worse.length) return '';
            return 'more ' + name + ' in ' + worse.length + ' of ' + own.length + ' cells (worse by ' 
                + times(median(worse.map(one => Math.max(one.ratio, 1 / one.ratio)))) + ' in the median)';
        }).filter(Boolean);
        return what + safe + '; ' + (told.length ? told.join('; ') : 'nothing got worse') + '.';
    }

    function range(cell) {
        return cell.low === cell.high ? '' : times(cell.low) + ' to ' + times(cell.high);
    }

    /* ``20 worse, 3 better of 59``. */
    function changed(cell) {
        const told = ['worse', 'better'].filter(way => cell[way]).map(way => cell[way] + ' ' + way);
        return (told.join(', ') || 'none') + ' of ' + cell.compared;
    }

    window.tomobenchRelease = {
        COLUMNS: COLUMNS, EDGES: EDGES, chunks: chunks, layouts: layouts, question: question, earlier: earlier, between: between, comparisons: comparisons, checks: checks,
        sparks: sparks, fold: fold, histogram: histogram, sentence: sentence, times: times, range: range, harm: harm, harms: harms, changed: changed
    };
})();
