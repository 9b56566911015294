'use strict';

/* A decision tree, grown from winners: which question to ask first, and what may be left out.

   attributes: {name: [values]}. outcome(choice): the winner's text for a value of each attribute. What comes
   back is a question {attribute, branches: [{values, tree}]} or a leaf {outcome, choices: all that lead to it},
   with the fewest leaves that any order of questions gives, and of such trees the fewest questions. Values that
   lead to the same are one branch. */

window.tomobenchTree = function(attributes, outcome) {
    function every(fixed, left) {
        if (!left.length) return [fixed];
        return attributes[left[0]].flatMap(value =>
            every(Object.assign({}, fixed, {[left[0]]: value}), left.slice(1)));
    }

    function outcomes(fixed, left) {
        return every(fixed, left).map(outcome);
    }

    function grow(fixed, left) {
        const found = outcomes(fixed, left);
        if (found.every(one => one === found[0])) return {outcome: found[0], choices: [], leaves: 1, questions: 0};
        return left.map(name => ask(name, fixed, left.filter(one => one !== name)))
            .reduce((best, one) => one.leaves - best.leaves < 0
                || (one.leaves === best.leaves && one.questions < best.questions) ? one : best);
    }

    function ask(name, fixed, left) {
        const groups = new Map();
        attributes[name].forEach(function(value) {
            const key = JSON.stringify(outcomes(Object.assign({}, fixed, {[name]: value}), left));
            groups.set(key, (groups.get(key) || []).concat([value]));
        });
        const branches = [...groups.values()].map(values => ({
            values: values, tree: grow(Object.assign({}, fixed, {[name]: values[0]}), left)
        }));
        const sum = what => branches.reduce((total, one) => total + one.tree[what], 0);
        return {attribute: name, branches: branches, leaves: sum('leaves'), questions: 1 + sum('questions')};
    }

    function leafOf(node, choice) {
        if (!node.attribute) return node;
        return leafOf(node.branches.find(one => one.values.includes(choice[node.attribute])).tree, choice);
    }

    const names = Object.keys(attributes), tree = grow({}, names);
    every({}, names).forEach(choice => leafOf(tree, choice).choices.push(choice));
    return tree;
};
