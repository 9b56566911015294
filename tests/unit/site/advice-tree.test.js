'use strict';

/* The decision tree of the Advice page. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const {tomobenchTree} = load('advice-tree.js');
const ATTRIBUTES = {use: ['xy', 'xz', 'whole'], place: ['disk', 's3'], line: ['2.18', '3']};
const grow = outcome => load.plain(tomobenchTree(ATTRIBUTES, outcome));

/* Every choice of a value for each attribute. */
const CHOICES = ATTRIBUTES.use.flatMap(use => ATTRIBUTES.place.flatMap(place =>
    ATTRIBUTES.line.map(line => ({use: use, place: place, line: line}))));

function leaves(node) {
    return node.attribute ? node.branches.flatMap(one => leaves(one.tree)) : [node];
}

function answer(node, choice) {
    if (!node.attribute) return node.outcome;
    const taken = node.branches.filter(one => one.values.includes(choice[node.attribute]));
    assert.equal(taken.length, 1, 'a value is on one branch');
    return answer(taken[0].tree, choice);
}

test('what is the same for every choice needs no question', () => {
    const tree = grow(() => '64³');
    assert.equal(tree.outcome, '64³');
    assert.equal(tree.choices.length, CHOICES.length);
});

test('only what matters is asked for, and values that lead to the same are one branch', () => {
    const tree = grow(choice => choice.use === 'whole' ? '128³' : '32³');
    assert.equal(tree.attribute, 'use');
    assert.deepEqual(tree.branches.map(one => one.values), [['xy', 'xz'], ['whole']]);
    assert.equal(tree.questions, 1);
});

test('the order of questions is the one with the fewest leaves', () => {
    // Asked for use first, there would be a question of place below each of three.
    const tree = grow(choice => choice.place === 'disk' ? '32³' : choice.use);
    assert.equal(tree.attribute, 'place');
    assert.equal(tree.leaves, 4);
});

test('every choice ends at its own outcome, and is on the list of its leaf once', () => {
    // Of the 4,096 ways in which two winners can share 12 choices.
    for (let bits = 0; bits < 2 ** CHOICES.length; bits += 31) {
        const outcome = choice => String(bits >> CHOICES.findIndex(one =>
            Object.keys(one).every(name => one[name] === choice[name])) & 1);
        const tree = grow(outcome);
        CHOICES.forEach(choice => assert.equal(answer(tree, choice), outcome(choice)));
        const listed = leaves(tree).flatMap(leaf => leaf.choices.map(one => [leaf.outcome, one]));
        assert.equal(listed.length, CHOICES.length);
        listed.forEach(([said, choice]) => assert.equal(said, outcome(choice)));
        assert.equal(tree.leaves, leaves(tree).length);
    }
});
