'use strict';

/* What the Advice page says of upgrades, without the page: reads {data, releases: {version: data}, typed, pairs: [[from,
   to]]} and writes a list of {reason} or {sentence, rows}. Of the present layout, else of the one that is advised. */

const load = require('./load.js');

const page = load(...load.PLAN, 'advice-upgrade.js');
const {data, releases, typed, pairs} = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));

const {question} = page.tomobenchQuestion(data, typed);
const layout = question.present ? question.present.layout
    : page.tomobenchSearch(page.tomobenchEstimate(data, releases[question.release], question)).candidates[0].layout;
const said = pairs.map(pair => page.tomobenchUpgrade(data, question, layout, ...pair.map(
    version => ({version: version, of: releases[version]}))));

process.stdout.write(JSON.stringify(said));
