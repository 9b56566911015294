'use strict';

/* What a release's page shows of its cells: folded into families of accesses by metrics. What is a change was decided
   when the site was published (tomobench.desk.judge); here it is counted. Pure: no document, no network.

   A *volume* is {columns, values, states, file, filed, verdicts, by_race}: a series as in releases/<n>.json, with the
   verdicts against the release compared with. */

(function() {
    const NONE = '0', WORSE = '2', BETTER = '3', FAILS = '4';
    const COLUMNS = ['requests', 'bytes', 'Python calls', 'time', 'memory'];
    const TIERS = {traffic: 'traffic', time: 'time or memory', work: 'Python work'};

    function median(values) {
        const sorted = values.slice().sort((one, other) => one - other), n = sorted.length;
        if (!n) return null;
        return n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }

    /* The layout without format, codec and the like: 64×64×64, or 64×64×64 in 128×128×128. */
    function cut(layout) {
        return layout.split(', ')[0];
    }

    /* The layouts that a choice stands for: the chunks in shards or not, whatever else. */
    function chunks(layout) {
        return cut(layout).split(' in ')[0];
    }

    function layouts(volumes) {
        const found = new Set();
        volumes.forEach(one => one.filed.forEach(kind => { if (kind) found.add(chunks(kind.layout)); }));
        const volume = shape => shape.split('×').reduce((product, edge) => product * edge, 1);
        return [...found].filter(one => /^\d+×\d+×\d+$/.test(one)).sort((one, other) => volume(one) - volume(other));
    }

    /* The rows of a volume that are asked for; what two suites measured is one. */
    function rowsOf(volume, layout) {
        const seen = new Set();
        return volume.file.map((place, n) => ({n: n, kind: volume.filed[place]})).filter(function(row) {
            if (!row.kind || layout && chunks(row.kind.layout) !== layout) return false;
            if (!row.kind.limit && seen.has(row.kind)) return false;
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

    /* Each comparison that was made: {kind, ratio, change: '' | 'worse' | 'better'}. */
    function comparisons(volumes, release, since, layout) {
        return volumes.flatMap(function(volume) {
            const ends = compared(volume, release, since);
            if (!ends) return [];
            return rowsOf(volume, layout).flatMap(function(row) {
                const verdict = volume.verdicts[row.n][ends.to], both = [ends.from, ends.to];
                if (verdict === NONE || verdict === FAILS || row.kind.tier === 'wrong') return [];
                if (!both.every(one => volume.states[row.n][one] === 'm')) return [];
                const value = ratio(volume, row.n, ends.from, ends.to);
                const counts = Math.abs(value - 1) >= row.kind.least;
                const change = !counts ? '' : verdict === WORSE ? 'worse' : verdict === BETTER ? 'better' : '';
                return [{kind: row.kind, ratio: value, change: change}];
            });
        });
    }

    /* What was checked in a release, absolute: by access, how many cells are right, and those that are not.
       value: wrong voxels; null where it raised or hung. */
    function checks(volumes, release, layout) {
        const found = new Map();
        volumes.forEach(function(volume) {
            const column = volume.columns.indexOf(release);
            if (column < 0) return;
            rowsOf(volume, layout).forEach(function(row) {
                const state = volume.states[row.n][column], failed = state === 'f';
                if (!failed && (row.kind.limit === null || state !== 'm')) return;
                const value = volume.values[row.n][column], bad = failed || value >= row.kind.limit;
                const name = row.kind.access + (row.kind.layout.includes(' in ') ? ', in shards' : '');
                if (!found.has(name)) found.set(name, {access: name, cells: []});
                found.get(name).cells.push({
                    layout: row.kind.layout, volume: volume.volume, bad: bad, unsafe: row.kind.unsafe, value: failed || row.kind.limit > 1 ? null : value
                });
            });
        });
        const bad = one => one.cells.filter(cell => cell.bad).length;
        return [...found.values()].sort((one, other) => bad(other) - bad(one) || (one.access < other.access ? -1 : 1));
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

    /* The table: a row for each family, in it {median, low, high, changed, worse, compared} by column. */
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
        return {median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios),
                worse: count('worse'), better: count('better'), compared: several.length};
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
        const cells = checked.flatMap(one => one.cells).filter(cell => !cell.unsafe);
        const bad = cells.filter(cell => cell.bad).length;
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

    function times(value) {
        if (value === null || Number.isNaN(value)) return '–';
        if (!isFinite(value)) return '∞ ×';
        return (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)) + ' ×';
    }

    function range(cell) {
        return cell.low === cell.high ? '' : times(cell.low) + ' to ' + times(cell.high);
    }

    /* ---- To be copied: shown = {sentence, address, facts: [said], rows} ---- */

    function flat(shown) {
        return shown.rows.flatMap(row => COLUMNS.filter(name => row.columns[name]).map(
            name => ({family: row.family, metric: name, ...row.columns[name]})));
    }

    const FIELDS = ['family', 'metric', 'median', 'low', 'high', 'worse', 'better', 'compared'];

    function markdown(shown) {
        const line = cells => '| ' + cells.join(' | ') + ' |';
        const table = flat(shown).map(one => line([one.family, one.metric, times(one.median), range(one) || 'all alike',
                                                   one.worse + ' worse, ' + one.better + ' better of ' + one.compared]));
        const heading = [line(['access', 'metric', 'median, after ÷ before', 'range', 'cells']), line(Array(5).fill('---'))];
        return ['**' + shown.sentence + '**', shown.facts.map(one => '- ' + one).join('\n'),
                heading.concat(table).join('\n'), shown.address].filter(Boolean).join('\n\n') + '\n';
    }

    function csv(shown) {
        const field = value => /[",\n]/.test(value) ? '"' + String(value).replace(/"/g, '""') + '"' : String(value);
        return [FIELDS].concat(flat(shown).map(one => FIELDS.map(name => one[name])))
            .map(cells => cells.map(field).join(',') + '\n').join('');
    }

    function json(shown) {
        return JSON.stringify({verdict: shown.sentence, address: shown.address, facts: shown.facts, cells: flat(shown)},
                              (key, value) => value === Infinity ? null : value, 1) + '\n';
    }

    window.tomobenchRelease = {
        COLUMNS: COLUMNS, EDGES: EDGES, chunks: chunks, layouts: layouts, comparisons: comparisons, checks: checks,
        sparks: sparks, fold: fold, histogram: histogram, sentence: sentence, times: times, range: range,
        formats: {Markdown: markdown, CSV: csv, JSON: json}
    };
})();
