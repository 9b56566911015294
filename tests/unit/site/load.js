'use strict';

/* A script of the site as a page has it: run alone, with a window to put its names on. */

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const SITE = path.join(__dirname, '../../../src/tomobench/desk/publish/site');

module.exports = function(name) {
    const window = {};
    vm.runInNewContext(fs.readFileSync(path.join(SITE, name), 'utf8'), {window: window}, {filename: name});
    return window;
};

/* Objects of another context are not deepEqual to ours: their prototypes are others. */
module.exports.plain = value => JSON.parse(JSON.stringify(value));
