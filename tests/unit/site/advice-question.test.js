'use strict';

/* What a person types on the Advice page: a line beside the field for what is no question, and the command for what is one. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const page = load(...load.PLAN);
const data = {
    tomogram: '184×630×630', newest: '3.4.2', default: '3.4.2', releases: [['2.18.7', '2.18'], ['3.4.2', '3']],
    rules: {mostVoxels: 2 ** 40, concurrency: 10, kinds: [[2, false], [3, false], [3, true]]},
    types: {float32: 4, uint8: 1}, ratios: {'float32|raw|': {}}, impossible: {'2.18|1': 'no format 3', '2.18|2': 'no format 3'},
    codecs: [{name: 'blosc-zstd', level: 5, shuffle: 'shuffle'}], shuffled: {'blosc-zstd': true, gzip: false, none: false},
    uses: {names: ['xy', 'whole'], named: {viewer: {xy: 1, xz: 1, yz: 1}}, choices: ['viewer', 'archive'], patch: 64, workers: 4,
           heaviest: 1e9}
};
const usual = {shape: '184x630x630', dtype: 'float32', kind: 'raw', use: 'xy', storage: 'disk', release: '3.4.2'};
const asked = more => load.plain(page.tomobenchQuestion(data, Object.assign({}, usual, more)));

const WRONG = {
    shape: ['184x630', '0x1x1', '-1x2x3', '1e3x2x2', '<b>', '99999999x9999999x99', '١x٢x٣'],
    ratio: ['0', 'nan', 'inf', '1,5', '0.1', '1e9'],
    tomograms: ['0', '-3', '1.5', 'many'],
    use: ['xz', 'xy=', 'xy=-1', 'xy=0', 'xy,xy', 'archive=2', 'archive,xy', 'region-0', 'pipeline-0', '', 'xy=1e99', 'toString'],
    objects: ['0', 'x'], memory: ['0', '5 apples', '-1'], chunk: ['1e3'],
    present: ['64', '64x64x0', '64x64x64/96x96x96', '64x64x64/128x128x128,2', '64x64x64,2,3', '64x64x64,lzma', '64x64x64,gzip-5-shuffle']
};

test('what is no question has one line beside its field, and no question comes of it', () => {
    Object.entries(WRONG).forEach(([field, texts]) => texts.forEach(function(text) {
        const found = asked({[field]: text});
        assert.deepEqual(Object.keys(found.problems), [field], field + ' ' + text);
        assert.ok(found.question === null && found.command === '');
        assert.match(found.problems[field], /^[^\n]{10,}$/);
    }));
    ['-1', 'x', '1e999'].forEach(text => assert.ok(asked({storage: 's3', latency: text}).problems.latency));
    ['0', '-1', 'x'].forEach(text => assert.ok(asked({storage: 's3', bandwidth: text}).problems.bandwidth));
});

test('several problems are all said', () => {
    assert.deepEqual(Object.keys(asked({shape: 'x', use: 'y', ratio: 'z'}).problems), ['shape', 'ratio', 'use']);
});

test('labels are whole numbers, and a compression that is not known has to be typed', () => {
    assert.match(asked({kind: 'labels'}).problems.kind, /whole numbers/);
    assert.match(asked({dtype: 'uint8'}).problems.kind, /type it/);
    assert.deepEqual(asked({dtype: 'uint8', ratio: '2'}).problems, {});
});

test('a layout that the release cannot read is refused', () => {
    assert.match(asked({release: '2.18.7', present: '64x64x64,3'}).problems.present, /^no format 3: it can't be compared in zarr 2.18.7/);
    assert.deepEqual(asked({release: '2.18.7', present: '64x64x64'}).problems, {});
});

test('what is typed is understood as the command does', () => {
    const {question} = asked({use: 'viewer=2, whole', present: '32×32×32/64x64x64,3,gzip', memory: '1.5 GiB', storage: 's3',
                              latency: '5', bandwidth: '40'});
    assert.deepEqual(question.use.weights, {xy: 2 / 3, xz: 2 / 3, yz: 2 / 3, whole: 1});
    assert.deepEqual(question.present.layout, {chunks: [32, 32, 32], shards: [64, 64, 64], format: 3, codec: 1});
    assert.deepEqual(question.present.codec, {name: 'gzip', level: 5, shuffle: 'none'});
    assert.equal(question.limits.memory, 1.5 * 2 ** 30);
    assert.deepEqual([question.storage.latency, question.storage.bandwidth], [0.005, 40e6]);
    assert.deepEqual([asked({use: 'training-32'}).question.use.weights, asked({use: 'pipeline'}).question.use.workers],
                     [{'region-32': 1}, 4]);
});

test('the command names the release but where it takes that by itself', () => {
    const known = {...data, newest: '2.18.7'};
    const command = release => page.tomobenchQuestion(known, {...usual, release: release}).command;
    assert.ok(command('2.18.7').endsWith(' --release 2.18.7'));
    assert.ok(!command('3.4.2').includes('--release'));
});

test('the command has what was typed and no more, each as a shell takes it', () => {
    assert.equal(asked({}).command, 'tomobench plan --shape 184x630x630 --dtype float32 --use xy');
    assert.equal(asked({use: 'xy=2, whole=1', memory: '2 GiB', storage: 's3', client: 's3fs', readers: ['copick']}).command,
                 "tomobench plan --shape 184x630x630 --dtype float32 --use 'xy=2, whole=1' --storage s3 --client s3fs"
                 + " --readers copick --max-memory '2 GiB'");
});
