'use strict';

/* What a release's page makes of its cells. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const window = load('ratios.js', 'release-table.js', 'release-copy.js');
const table = window.tomobenchRelease, copy = window.tomobenchCopy;
const {plain} = load;

function kind(own) {
    return {family: 'Slices', access: 'read XY slice', layout: '64×64×64', metric: 'requests', column: 'requests',
            tier: 'traffic', harm: null, unsafe: false, least: 0, ...own};
}

/* A volume of two releases: rows are [kind, before, after, verdict, states]. */
function volume(...rows) {
    return {
        volume: 'v', columns: ['1', '2'], filed: rows.map(row => row[0]), by_race: {},
        values: rows.map(row => [row[1], row[2]]), verdicts: rows.map(row => '0' + row[3]), states: rows.map(row => row[4] || 'mm')
    };
}

const NAMES = {release: '2', since: '1'};
const VOXELS = {limit: 1, does: 'lose voxels', counts: true, raised: null, steps: []};
const RIGHT = kind({access: 'write whole', metric: 'wrong voxels', column: null, tier: 'wrong', harm: VOXELS});
const LUCK = kind({...RIGHT, access: 'by 2 threads, in one chunk', unsafe: true, harm: {...VOXELS, does: 'lose writes', counts: false}});
const CALL = kind({...RIGHT, access: 'call open', harm: {...VOXELS, limit: 2, does: 'give something else', counts: false, raised: 1}});

function checked(...rows) {
    return table.checks([volume(...rows)], '2', '1', '');
}

test('a family has the median, the range, and how many changed of those compared', () => {
    const made = table.comparisons([volume([kind(), 2, 4, '2'], [kind({layout: '32×32×32'}), 5, 5, '1'],
                                           [kind({layout: '16×16×16'}), 10, 5, '3'])], '2', '1', '');
    assert.deepEqual(plain(table.fold(made)), [{family: 'Slices', columns: {requests: {
        median: 1, low: 0.5, high: 2, worse: 1, better: 1, compared: 3, moved: {0: 2}}}}]);
});

test('what changed is counted on each volume, and each cell once', () => {
    const rows = [[kind(), 2, 4, '2'], [kind({layout: 'x'}), 5, 5, '1']], twice = kind({layout: 'y'});
    const made = table.comparisons([volume(...rows), volume(rows[1]), volume([twice, 1, 2, '2'], [twice, 1, 2, '2'])], '2', '1', '');
    assert.deepEqual(plain(table.fold(made)[0].columns.requests.moved), {0: 1, 2: 1});
    assert.deepEqual(made.filter(one => one.change).map(one => [one.volume, one.n]), [[0, 0], [2, 0]]);
});

test('a layout is asked for by its chunks, in shards or not', () => {
    const volumes = [volume([kind(), 1, 2, '2'], [kind({layout: '64×64×64 in 128×128×128'}), 1, 2, '2'],
                            [kind({layout: '16×16×16, format 2'}), 1, 2, '2'])];
    assert.equal(table.comparisons(volumes, '2', '1', '64×64×64').length, 2);
    assert.deepEqual(plain(table.layouts(volumes)), ['16×16×16', '64×64×64']);
});

test('what two suites measured is one cell; what is below the least effect is no change', () => {
    const same = kind({tier: 'work', least: 0.15}), volumes = [volume([same, 100, 110, '2'], [same, 100, 110, '2'])];
    const made = table.comparisons(volumes, '2', '1', '');
    assert.deepEqual(made.map(one => one.change), ['']);
});

test('the release before another is no wheel of one’s own', () => {
    const known = [{hash: '1', own: false}, {hash: '2a', own: true}, {hash: '2b', own: true}, {hash: '2', own: false}];
    const earlier = (columns, release) => table.earlier(columns, release, known);
    assert.deepEqual(['2a', '2b', '2'].map(one => earlier(['1', '2a', '2b', '2'], one)), ['1', '1', '1']);
    assert.equal(earlier(['2a', '2b'], '2b'), undefined);
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

test('correctness is absolute, and what is wrong comes first, by design after it', () => {
    const found = checked([kind({...RIGHT, access: 'b'}), 0, 0, '1'], [LUCK, 1, 1, '1'], [RIGHT, 7, 1200, '1'], [kind(), 1, null, '4', 'mf']);
    assert.deepEqual(plain(found.map(one => [one.access, one.state, table.harm(one)])), [
        ['write whole', 'wrong', '1 of 1 cells lose up to 1,200 voxels'],
        ['read XY slice', 'wrong', '1 of 1 cells raise an error, or hang'],
        ['by 2 threads, in one chunk', 'unsafe', '1 of 1 cells lose writes'],
        ['b', 'right', '1 of 1 cells right']]);
});

test('what several metrics say of a cell is one cell, the worst of it', () => {
    const found = checked([RIGHT, 0, 0, '1'], [kind({...RIGHT, tier: 'work', harm: null}), 1, null, '4', 'mf'], [kind({...RIGHT}), 0, 9, '2']);
    assert.deepEqual(plain(found.map(table.harm)), ['1 of 1 cells lose up to 9 voxels']);
});

test('accesses that do the same harm are told together', () => {
    const found = checked([RIGHT, 0, 5, '2'], [kind({...RIGHT, access: 'b'}), 0, 9, '2'], [LUCK, 1, 1, '1'], [kind({...RIGHT, access: 'c'}), 0, 0, '1']);
    assert.deepEqual(plain(table.harms(found).map(one => [one.accesses, table.harm(one)])), [
        [['b', 'write whole'], '2 of 2 cells lose up to 9 voxels'], [['by 2 threads, in one chunk'], '1 of 1 cells lose writes']]);
});

test('a call that raises is no right one, and wrong where it had worked', () => {
    const state = (...row) => checked([CALL, ...row])[0].state;
    assert.deepEqual([state(0, 1, '2'), state(1, 1, '1'), state(null, 1, '0', 'nm'), state(1, 0, '3'), state(0, 2, '2')],
                     ['wrong', 'raises', 'raises', 'right', 'wrong']);
});

test('an error after a failure of the server is right, but where it was recovered from', () => {
    const fault = {...CALL, access: 'read whole', harm: {...CALL.harm, may_raise: true}};
    const state = (...row) => checked([fault, ...row])[0].state;
    assert.deepEqual([state(0, 1, '2'), state(1, 1, '1'), state(2, 1, '3'), state(1, 0, '3'), state(0, 2, '2')],
                     ['wrong', 'right', 'right', 'right', 'wrong']);
});

test('an address is answered as far as it can be, and says what can not', () => {
    const known = ['1', '2', '3'].map(one => ({hash: one, name: 'v' + one})), page = {release: '2', since: '1'};
    const ask = wanted => plain(table.question({since: '', layout: '', ...wanted}, page, known, ['1', '2', '3'], ['64×64×64']));
    assert.deepEqual(ask({}), {since: '1', layout: '', notes: []});
    assert.deepEqual(ask({since: 'v3', layout: '64×64×64'}), {since: '3', layout: '64×64×64', notes: []});
    for (const wanted of [{since: '9.9'}, {since: '2'}, {layout: '7×7×7'}]) {
        const {notes, ...rest} = ask(wanted);
        assert.deepEqual([rest, notes.length], [{since: '1', layout: ''}, 1]);
    }
});

test('of wheels with one version none is taken for the other', () => {
    const known = [['3.4.2', '3.4.2'], ['abcdef12', '3.4.2'], ['11111111', '3.5.0.dev1'], ['22222222', '3.5.0.dev1'], ['3.5.0', '3.5.0']]
        .map(([hash, name]) => ({hash: hash, name: name}));
    const page = {release: '3.5.0', since: '3.4.2'}, measured = known.map(one => one.hash);
    const ask = since => plain(table.question({since: since, layout: ''}, page, known, measured, []));
    assert.deepEqual(ask('3.4.2'), {since: '3.4.2', layout: '', notes: []});
    assert.deepEqual(ask('22222222'), {since: '22222222', layout: '', notes: []});
    assert.deepEqual(ask('3.5.0.dev1'), {since: '3.4.2', layout: '', notes: [
        '“3.5.0.dev1” is the version of several wheels: ask for 11111111 or 22222222.']});
});

test('between two releases stand the facts of those after the one and up to the other', () => {
    const fact = (chunks, accepted) => ({chunks: chunks, accepted: accepted}), all = [fact(['8×8×8'], false), fact(['64×64×64'], false), fact([], true)];
    const changes = ['4', '3', '2', '1'].map(one => ({release: one, facts: all}));
    const told = (since, layout) => plain(table.between(changes, ['1', '2', '3', '4'], since, '3', layout)).map(one => [one.release, one.facts.length]);
    assert.deepEqual(told('1', ''), [['3', 2], ['2', 2]]);
    assert.deepEqual(told('1', '64×64×64'), [['3', 1], ['2', 1]]);
    assert.deepEqual(told('4', ''), []);
});

test('the sentence says first whether anything is broken', () => {
    const say = volumes => table.sentence(table.comparisons(volumes, '2', '1', ''), table.checks(volumes, '2', '1', ''), NAMES, '64×64×64');
    assert.equal(say([volume([RIGHT, 0, 0, '1'], [kind(), 1, 3, '2'])]),
                 '2 against 1, chunks of 64×64×64: nothing broken in 1 checks; more traffic in 1 of 1 cells (worse by 3.00 × in the median).');
    assert.match(say([volume([RIGHT, 0, 0, '1'], [LUCK, 1, 1, '1'])]), /nothing broken in 1 checks; nothing got worse/);
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
    const fact = {release: '2', mark: '▲', tier: 'traffic', way: 'worse', said: 'more, "much"', details: 'most: 1 → 2',
                  links: [{name: 'pull#1', address: 'http://b/'}], chunks: []};
    const shown = {sentence: 'It is so.', address: 'http://a/', facts: [fact], rows: rows};
    const written = copy.Markdown(shown);
    assert.match(written, /^\*\*It is so\.\*\*\n\n- 2 ▲ traffic: more, "much"/);
    assert.match(written, /<sub>most: 1 → 2<\/sub>[^]*\[pull#1\]\(http:\/\/b\/\)/);
    assert.match(written, /\| Slices \| requests \| ∞ × \| 2\.00 × to ∞ × \| 2 worse of 2 \|\n\nhttp:\/\/a\/\n$/);
    assert.equal(copy.CSV(shown), 'row,release,tier,way,said,details,family,metric,median,low,high,worse,better,compared\n'
        + 'fact,2,traffic,worse,"more, ""much""",most: 1 → 2,,,,,,,,\ncells,,,,,,Slices,requests,Infinity,2,Infinity,2,0,2\n');
    const read = JSON.parse(copy.JSON(shown));
    assert.deepEqual([read.verdict, read.facts[0].said, read.cells[0].median, read.cells[0].low], ['It is so.', 'more, "much"', null, 2]);
});
