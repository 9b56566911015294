'use strict';

/* What a release's page makes of its cells. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const table = load('release-table.js').tomobenchRelease;
const {plain} = load;

function kind(own) {
    return {family: 'Slices', access: 'read XY slice', layout: '64×64×64', metric: 'requests', column: 'requests',
            tier: 'traffic', limit: null, least: 0, ...own};
}

/* A volume of two releases: rows are [kind, before, after, verdict, states]. */
function volume(...rows) {
    return {
        volume: 'v', columns: ['1', '2'], filed: rows.map(row => row[0]), file: rows.map((row, n) => n), by_race: {},
        values: rows.map(row => [row[1], row[2]]), verdicts: rows.map(row => '0' + row[3]), states: rows.map(row => row[4] || 'mm')
    };
}

const NAMES = {release: '2', since: '1'};
const RIGHT = kind({access: 'write whole', metric: 'wrong voxels', column: null, tier: 'wrong', limit: 1});

test('a family has the median, the range, and how many changed of those compared', () => {
    const made = table.comparisons([volume([kind(), 2, 4, '2'], [kind({layout: '32×32×32'}), 5, 5, '1'],
                                           [kind({layout: '16×16×16'}), 10, 5, '3'])], '2', '1', '');
    assert.deepEqual(plain(table.fold(made)), [{family: 'Slices', columns: {requests: {
        median: 1, low: 0.5, high: 2, worse: 1, better: 1, compared: 3}}}]);
});

test('a layout is asked for by its chunks, in shards or not', () => {
    const volumes = [volume([kind(), 1, 2, '2'], [kind({layout: '64×64×64 in 128×128×128'}), 1, 2, '2'],
                            [kind({layout: '16×16×16, format 2'}), 1, 2, '2'])];
    assert.equal(table.comparisons(volumes, '2', '1', '64×64×64').length, 2);
    assert.deepEqual(plain(table.layouts(volumes)), ['16×16×16', '64×64×64']);
});

test('what two suites measured is one cell; what is below the least effect is no change', () => {
    const same = kind({tier: 'work', least: 0.15}), volumes = [volume([same, 100, 110, '2'], [same, 100, 110, '2'])];
    volumes[0].filed = [same];
    volumes[0].file = [0, 0];
    const made = table.comparisons(volumes, '2', '1', '');
    assert.deepEqual(made.map(one => one.change), ['']);
});

test('a race has its own ratio', () => {
    const one = volume([kind({tier: 'time', column: 'time'}), 1, 5, '2']);
    one.by_race = {'0,1': [1.5, 1.4, 1.6]};
    assert.equal(table.comparisons([one], '2', '1', '')[0].ratio, 1.5);
});

test('what was not measured in both is not compared', () => {
    const rows = [[kind(), 1, 2, '2', 'nm'], [kind(), 1, 2, '0'], [kind(), 1, null, '4', 'mf']];
    assert.equal(table.comparisons([volume(...rows)], '2', '1', '').length, 0);
    assert.equal(table.comparisons([volume([kind(), 1, 2, '2'])], '2', '0', '').length, 0);
});

test('correctness is absolute, and what is wrong comes first', () => {
    const volumes = [volume([kind({...RIGHT, access: 'b'}), 0, 0, '1'], [RIGHT, 7, 7, '1'], [kind(), 1, null, '4', 'mf'])];
    const found = plain(table.checks(volumes, '2', ''));
    assert.deepEqual(found.map(one => [one.access, one.cells.map(cell => cell.value)]),
                     [['read XY slice', [null]], ['write whole', [7]], ['b', [0]]]);
});

test('the sentence says first whether anything is broken', () => {
    const say = volumes => table.sentence(table.comparisons(volumes, '2', '1', ''), table.checks(volumes, '2', ''), NAMES, '64×64×64');
    assert.equal(say([volume([RIGHT, 0, 0, '1'], [kind(), 1, 3, '2'])]),
                 '2 against 1, chunks of 64×64×64: nothing broken in 1 checks; more traffic in 1 of 1 cells (worse by 3.00 × in the median).');
    const luck = kind({...RIGHT, access: 'by 2 threads, in one chunk', unsafe: true});
    assert.match(say([volume([RIGHT, 0, 0, '1'], [luck, 1, 1, '1'])]), /nothing broken in 1 checks; nothing got worse/);
    assert.match(say([volume([RIGHT, 0, 9, '2'])]), /NOT SAFE: 1 of 1 checks lose voxels or raise an error; nothing got worse/);
    assert.match(say([volume([kind(), 1, 1, '1'])]), /correctness was not checked; nothing got worse/);
    assert.match(say([]), /nothing was compared/);
});

test('a line over releases is the median against this one, of the volume with most of them', () => {
    const one = volume([kind(), 2, 4, '2'], [kind({layout: 'x'}), 8, 8, '1']);
    const other = {...volume([kind(), 400, 4, '3']), columns: ['2']};
    assert.deepEqual(plain(table.sparks([other, one], ['1', '2', '3'], '2', '')), {'Slices|requests': [0.75, 1, null]});
});

test('a histogram has each comparison once', () => {
    const counts = table.histogram([0, 0.5, 1, 1.05, 1.9, Infinity].map(ratio => ({ratio: ratio})));
    assert.equal(counts.reduce((sum, one) => sum + one), 6);
    assert.deepEqual(plain(counts), [1, 1, 0, 1, 1, 1, 1]);
});

test('what is shown can be copied as Markdown, CSV and JSON', () => {
    const rows = table.fold(table.comparisons([volume([kind(), 1, 2, '2'], [kind({layout: 'x'}), 0, 2, '2'])], '2', '1', ''));
    const shown = {sentence: 'It is so.', address: 'http://a/', facts: ['▲ traffic: more, "much"'], rows: rows};
    assert.match(table.formats.Markdown(shown), /^\*\*It is so\.\*\*\n\n- ▲ traffic[^]*\| Slices \| requests \| ∞ × \| 2\.00 × to ∞ × \| 2 worse, 0 better of 2 \|/);
    assert.equal(table.formats.CSV(shown), 'family,metric,median,low,high,worse,better,compared\nSlices,requests,Infinity,2,Infinity,2,0,2\n');
    const read = JSON.parse(table.formats.JSON(shown));
    assert.deepEqual([read.verdict, read.cells[0].median, read.cells[0].low], ['It is so.', null, 2]);
});
