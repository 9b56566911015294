'use strict';

/* The answers of the Advice page's scripts, without the page: reads {data, releases: {version: data}, asked: [what was
   typed]} and writes a list of {problems} or {command, answer}. */

const load = require('./load.js');

const page = load(...load.PLAN);
const {data, releases, asked} = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));

function answered(typed) {
    const {question, problems, command} = page.tomobenchQuestion(data, typed);
    if (!question) return {problems: problems};
    const desk = page.tomobenchEstimate(data, releases[question.release], question), found = page.tomobenchSearch(desk);
    if (found.reason) return {command: command, answer: {error: found.reason}};
    const said = page.tomobenchSaid(desk, found), answer = said.asJson();
    if (question.present) {
        const {now, says} = page.tomobenchCurrent(desk, found, question.present.layout);
        answer.current = Object.assign(said.record('now', now), {says: says});
    }
    return {command: command, answer: answer};
}

process.stdout.write(JSON.stringify(asked.map(answered)));
