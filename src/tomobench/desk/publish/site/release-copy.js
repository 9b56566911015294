'use strict';

/* What a release's page shows, to be copied: shown = {sentence, address, facts, rows}. Facts are as told.py tells them,
   each with the name of its release; rows as release-table.js folds them. Pure: no document, no network. */

(function() {
    const table = window.tomobenchRelease, times = window.tomobenchRatios.times;

    function flat(shown) {
        return shown.rows.flatMap(row => table.COLUMNS.filter(name => row.columns[name]).map(
            name => ({family: row.family, metric: name, ...row.columns[name]})));
    }

    const FACT = ['release', 'tier', 'way', 'said', 'details'];
    const FIELDS = ['family', 'metric', 'median', 'low', 'high', 'worse', 'better', 'compared'];

    function markdown(shown) {
        const line = cells => '| ' + cells.join(' | ') + ' |';
        const rows = flat(shown).map(one => line([one.family, one.metric, times(one.median), table.range(one) || 'all alike', table.changed(one)]));
        const heading = [line(['access', 'metric', 'median, after ÷ before', 'range', 'cells changed']), line(Array(5).fill('---'))];
        const facts = shown.facts.map(one => '- ' + one.release + ' ' + one.mark + ' ' + one.tier + ': ' + one.said
            + (one.details ? '  \n  <sub>' + one.details + '</sub>' : '')
            + (one.links.length ? '  \n  Upstream: ' + one.links.map(link => '[' + link.name + '](' + link.address + ')').join(', ') : ''));
        return ['**' + shown.sentence + '**', facts.join('\n'), heading.concat(rows).join('\n'), shown.address]
            .filter(Boolean).join('\n\n') + '\n';
    }

    function csv(shown) {
        const field = value => /[",\n]/.test(value) ? '"' + String(value).replace(/"/g, '""') + '"' : String(value);
        const rows = shown.facts.map(one => ({row: 'fact', ...one})).concat(flat(shown).map(one => ({row: 'cells', ...one})));
        const names = ['row'].concat(FACT, FIELDS);
        return [names].concat(rows.map(row => names.map(name => name in row ? row[name] : '')))
            .map(cells => cells.map(field).join(',') + '\n').join('');
    }

    function json(shown) {
        const facts = shown.facts.map(one => Object.fromEntries(FACT.concat('links').map(name => [name, one[name]])));
        return JSON.stringify({verdict: shown.sentence, address: shown.address, facts: facts, cells: flat(shown)},
                              (key, value) => value === Infinity ? null : value, 1) + '\n';
    }

    window.tomobenchCopy = {Markdown: markdown, CSV: csv, JSON: json};
})();
