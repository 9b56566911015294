'use strict';

/* The order of layouts on the Advice page: weights, what is left out, the front. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const {tomobenchRank} = load('advice-rank.js');

/* A layout's figures: seconds of the accesses xy and whole, objects, stored bytes, seconds to write. */
function row(layout, xy, whole, objects, stored, more) {
    return Object.assign({
        layout: layout, size: stored, stored: [stored, 'exact'], objects: [objects, 'exact'], write: [1, 'measured'],
        accesses: {xy: [[4, 'exact'], [100, 'exact'], [xy, 'measured']],
                   whole: [[8, 'exact'], [900, 'modelled'], [whole, 'modelled']]}
    }, more);
}

function rank(rows, want) {
    const data = {
        layouts: [{format: 2}, {format: 3}, {format: 3}],
        closed: {'3|2': {zarrita: 'no shards here'}},
        answers: {'phantom|3|disk': {rows: rows}}
    };
    const asked = {volume: 'phantom', line: '3', place: 'disk', format: '', readers: [], weights: {xy: 1}, archive: false};
    return load.plain(tomobenchRank(data, Object.assign(asked, want)));
}

const ROWS = [row(0, 3, 1, 10, 50), row(1, 1, 3, 10, 50), row(2, 2, 2, 10, 50)];
const order = found => found.rows.map(one => one.layout);

test('the layouts are in order of the mean time of the accesses, by their weights', () => {
    assert.deepEqual(order(rank(ROWS, {weights: {xy: 1}})), [1, 2, 0]);
    assert.deepEqual(order(rank(ROWS, {weights: {whole: 5}})), [0, 2, 1]);
    const mixed = rank(ROWS, {weights: {xy: 3, whole: 1}});
    assert.deepEqual(mixed.rows.map(one => one.seconds[0]), [1.5, 2, 2.5]);
    assert.deepEqual(mixed.rows[0].requests, [5, 'exact']);
    assert.deepEqual(mixed.rows[0].bytes[0], 300);
});

test('weights that are multiples of each other say the same', () => {
    assert.deepEqual(rank(ROWS, {weights: {xy: 1, whole: 2}}), rank(ROWS, {weights: {xy: 10, whole: 20}}));
});

test('a mean is as sure as its least sure part', () => {
    const how = weights => rank(ROWS, {weights: weights}).rows[0].seconds[1];
    assert.equal(how({xy: 1}), 'measured');
    assert.equal(how({xy: 1, whole: 1}), 'modelled');
    assert.equal(rank(ROWS, {weights: {whole: 1, xy: 1}}).rows[0].bytes[1], 'modelled');
});

test('of equal times, fewer objects come first, then fewer bytes', () => {
    const rows = [row(0, 1, 1, 9, 5), row(1, 1, 1, 8, 6), row(2, 1, 1, 8, 5)];
    assert.deepEqual(order(rank(rows, {})), [2, 1, 0]);
});

test('an archive is ordered by size, then objects', () => {
    const rows = [row(0, 1, 1, 9, 50), row(1, 2, 1, 8, 50), row(2, 3, 1, 99, 40)];
    assert.deepEqual(order(rank(rows, {archive: true, weights: {}})), [2, 1, 0]);
});

test('a layout of another format, or that a reader cannot open, is left out with the reason', () => {
    const old = rank(ROWS, {format: '2'});
    assert.deepEqual(order(old), [0]);
    assert.deepEqual(old.out, [[1, 'Zarr format 2 was asked for'], [2, 'Zarr format 2 was asked for']]);
    assert.deepEqual(rank(ROWS, {readers: ['zarrita']}).out, [[2, 'no shards here']]);
    assert.deepEqual(rank(ROWS, {readers: ['other']}).out, []);
});

test('on the front is what no other beats in time, objects, size and money', () => {
    const rows = [row(0, 1, 1, 9, 50), row(1, 2, 1, 8, 50), row(2, 2, 1, 9, 50)];
    const front = found => Object.fromEntries(found.rows.map(one => [one.layout, one.front]));
    assert.deepEqual(front(rank(rows, {})), {0: true, 1: true, 2: false});
    // Equal in everything: neither beats the other.
    assert.deepEqual(front(rank([row(0, 1, 1, 9, 50), row(1, 1, 1, 9, 50)], {})), {0: true, 1: true});
});

test('money is the mean by the weights, and none where there are no prices', () => {
    assert.equal(rank(ROWS, {}).rows[0].paid, null);
    const priced = [row(0, 1, 1, 9, 50, {costs: {xy: [4, 1], whole: [8, 3]}})];
    assert.deepEqual(rank(priced, {weights: {xy: 1, whole: 3}}).rows[0].paid, [7, 2.5]);
});

test('what was given is not changed', () => {
    const before = JSON.stringify(ROWS);
    rank(ROWS, {});
    assert.equal(JSON.stringify(ROWS), before);
});
