'use strict';

/* Shapes as people type them. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const shapes = load('shapes.js').tomobenchShapes;

test('the four spellings of a cube are one, and case does not matter', () => {
    ['64x64x64', '64^3', '64³', '64×64×64', '64 x 64 x 64', '64*64*64', '64X64X64'].forEach(
        typed => assert.equal(shapes.normal(typed), '64×64×64'));
    assert.equal(shapes.normal('16x128x128 in 128³'), '16×128×128 in 128×128×128');
});

test('words are found in any order, in any spelling of a shape', () => {
    const text = 'Read whole (64×64×64, 2)';
    ['64x64x64 whole', '64^3', 'READ 64³', ''].forEach(words => assert.ok(shapes.holds(text, words), words));
    ['32³', 'whole slice', '64x64x32'].forEach(words => assert.ok(!shapes.holds(text, words), words));
});

test('an x in a word is no cross', () => {
    assert.equal(shapes.normal('3 xy planes, index 4'), '3 xy planes, index 4');
});
