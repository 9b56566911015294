'use strict';

/* Scripts of the site as a page has them: run one after the other, with a window to put their names on. */

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const SITE = path.join(__dirname, '../../../src/tomobench/desk/publish/site');

module.exports = function(...names) {
    const window = {}, context = vm.createContext({window: window});
    names.forEach(name => vm.runInContext(fs.readFileSync(path.join(SITE, name), 'utf8'), context, {filename: name}));
    return window;
};

/* Objects of another context are not deepEqual to ours: their prototypes are others. */
module.exports.plain = value => JSON.parse(JSON.stringify(value));

/* The scripts that a plan is made of, each after those that it asks. */
module.exports.PLAN = ['numbers', 'words', 'lattice', 'work', 'estimate', 'search', 'said', 'current', 'question']
    .map(name => 'advice-' + name + '.js');
