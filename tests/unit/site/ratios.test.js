'use strict';

/* Ratios as the pages say them. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const ratios = load('ratios.js').tomobenchRatios;

test('a ratio has three digits, and a small one is not told as nothing', () => {
    const said = [480, 99.96, 12.34, 9.996, 1, 0.846, 0.0996, 0.0037, 0, Infinity, null].map(ratios.short);
    assert.deepEqual(said, ['480', '100', '12.3', '10.0', '1.00', '0.85', '0.10', '0.0037', '0', '∞', '–']);
    assert.equal(ratios.times(2), '2.00 ×');
});
