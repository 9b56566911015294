'use strict';

/* What rows are filed under. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

test('a row is put together, and rows that are alike are one object', () => {
    const filed = {kinds: [{metric: 'time'}, {metric: 'memory'}], accesses: ['a', 'b'], layouts: ['x'],
                   rows: [[1, 0, 1], null, [0, 0, 0], [1, 0, 1]]};
    const found = load('filed.js').tomobenchFiled(filed);
    assert.deepEqual(load.plain(found.slice(0, 3)), [{metric: 'memory', access: 'b', layout: 'x'}, null, {metric: 'time', access: 'a', layout: 'x'}]);
    assert.equal(found[0], found[3]);
});
