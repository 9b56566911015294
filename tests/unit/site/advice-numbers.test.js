'use strict';

/* Numbers as Python writes them. What is expected here was printed by Python. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const numbers = load('advice-numbers.js').tomobenchNumbers;

test('general is format(value, ".3g"): significant digits, no zeros at the end, a power where it is shorter', () => {
    const said = {'0': 0, '1.5': 1.5, '1': 1.0004, '123': 123.4, '1.23e+03': 1234, '0.000123': 1.234e-4, '1.23e-05': 1.234e-5,
                  '1e+03': 999.6, '12.2': 12.25, '12.3': 12.35, '2.12': 2.125, '-1.5': -1.5};
    Object.entries(said).forEach(([text, value]) => assert.equal(numbers.general(value, 3), text));
    assert.equal(numbers.general(1234.5, 4, true), '1,234');
    assert.equal(numbers.general(123456, 4, true), '1.235e+05');
});

test('fixed is format(value, ",.1f"): a tie goes to the even digit', () => {
    const said = {'0.2': 0.25, '0.8': 0.75, '1,234.6': 1234.56, '0.0': 0.04, '1,000.0': 999.96};
    Object.entries(said).forEach(([text, value]) => assert.equal(numbers.fixed(value, 1, true), text));
    assert.deepEqual([0.5, 1.5, 2.5, 2.51, 1234567].map(value => numbers.fixed(value, 0)), ['0', '2', '2', '3', '1234567']);
    assert.deepEqual([0.125, 0.135, 1].map(numbers.percent), ['12%', '14%', '100%']);
});

test('even rounds a tie to the even number', () => {
    assert.deepEqual([0.5, 1.5, 2.4, 2.6, -1.5].map(numbers.even), [0, 2, 2, 3, -2]);
});

test('sum keeps what rounding loses', () => {
    assert.equal(numbers.sum(Array(10).fill(0.1)), 1);
    assert.equal(numbers.sum([1e16, 1, -1e16]), 1);
    assert.equal(numbers.sum([]), 0);
});
