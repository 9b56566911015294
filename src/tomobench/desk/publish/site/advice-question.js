'use strict';

/* What a person typed as a question, with the rules and the words of tomobench plan; and the command that asks the same.

   typed: a text by the field's name (readers: a list). What comes back is {question, problems}: problems by field, a line
   each; a question only where there are none. data: of advice_data.gather. */

window.tomobenchQuestion = function(data, typed) {
    const {general, sum} = window.tomobenchNumbers;
    /** @type {{[field: string]: string}} */
    const problems = {};
    const UNITS = ['', 'k', 'm', 'g', 't'], EXAMPLE = data.tomogram.replaceAll('×', 'x');
    const LAYOUTS = '64x64x64, 256x256x256,2,blosc-lz4-5 or 32x32x32/128x128x128,3';

    const quoted = text => text.includes("'") && !text.includes('"') ? '"' + text + '"' : "'" + text.replaceAll("'", "\\'") + "'";
    const textOf = field => (typed[field] || '').trim();

    /* The value that a reader makes of a field's text; where it throws a line, that is the field's problem. */
    function read(field, reader) {
        try {
            return reader(textOf(field));
        } catch (problem) {
            if (typeof problem !== 'string') throw problem;
            problems[field] = problem;
            return null;
        }
    }

    /* The number that a text is, in the digits 0 to 9. */
    function number(text, wanted) {
        if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
        throw quoted(text) + ' is no number: ' + wanted;
    }

    function shape(text) {
        const match = /^(\d{1,9})[x×](\d{1,9})[x×](\d{1,9})$/.exec(text || EXAMPLE);
        const found = match ? match.slice(1).map(Number) : [0], voxels = found.reduce((all, one) => all * one);
        if (!voxels) throw quoted(text) + ' is no shape: give z, y and x in voxels, as ' + EXAMPLE;
        if (voxels > data.rules.mostVoxels || Math.max(...found) > 99999) {
            throw quoted(text) + ' is larger than any tomogram: give z, y and x in voxels, as ' + EXAMPLE;
        }
        return found;
    }

    function kind(text) {
        if (text === 'labels' && /^float/.test(textOf('dtype'))) {
            throw 'labels are whole numbers, not ' + textOf('dtype') + ': choose for example uint8';
        }
        const known = Object.keys(data.ratios).some(one => one.startsWith(textOf('dtype') + '|' + text + '|'));
        if (!known && !textOf('ratio')) {
            throw 'the compression of ' + text + ' ' + textOf('dtype') + ' is not known here: type it beside, as 1.5';
        }
        return text;
    }

    function ratio(text) {
        if (!text) return null;
        const found = number(text, 'give voxel bytes over stored, as 1.5');
        if (found >= 0.5 && found <= 1e6) return found;
        throw 'a compression of ' + general(found, 6) + " can't be: give voxel bytes over stored, as 1.5";
    }

    function count(text, usual) {
        if (!text) return usual;
        if (!/^\d{1,15}$/.test(text) || !Number(text)) throw quoted(text) + ' is no count: give a whole number from 1 on';
        return Number(text);
    }

    function size(text) {
        if (!text) return Infinity;
        const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)(i?b)?$/.exec(text.toLowerCase());
        if (!match || !Number(match[1])) throw quoted(text) + ' is no number of bytes: give for example 64MiB';
        return Number(match[1]) * Math.pow(1024, UNITS.indexOf(match[2]));
    }

    /* ---- Uses: tomobench.desk.advise.evidence.use ---- */

    function use(text) {
        const {named} = data.uses, given = new Map(), spelled = text.replaceAll(' ', '');
        spelled.split(',').forEach(function(term) {
            const [name, ...rest] = term.split('=');
            if (given.has(name)) throw 'the use names ' + name + ' twice: give it one weight';
            given.set(name, rest.length ? weight(term, rest.join('=')) : 1);
        });
        if (given.has('archive')) {
            if (text !== 'archive') throw 'an archive is not read: ask for archive alone, without a weight';
            return {name: 'archive', weights: {}, terms: {}, workers: 1};
        }
        const weights = {}, terms = {};
        given.forEach(function(often, name) {
            const made = madeOf(name, named), share = sum(Object.values(made));
            terms[name] = Object.fromEntries(Object.entries(made).map(([one, part]) => [one, often * part / share]));
            Object.entries(terms[name]).forEach(([one, part]) => { weights[one] = (weights[one] || 0) + part; });
        });
        return {name: text, weights: weights, terms: terms, workers: Math.max(1, ...[...given.keys()].map(workers))};
    }

    function weight(term, text) {
        const {heaviest} = data.uses, found = /^[+]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : 0;
        if (!found || found === Infinity) throw 'the weight in ' + quoted(term) + ' is no number above 0: write for example xy=10';
        if (found > heaviest || found < 1 / heaviest) {
            throw 'the weight in ' + quoted(term) + ' is beyond ' + general(heaviest, 1) + ' or below '
                + general(1 / heaviest, 1) + ': write for example xy=10';
        }
        return found;
    }

    function madeOf(name, named) {
        const training = /^training(?:-(\d{1,6}))?$/.exec(name), edge = /^region-(\d{1,6})$/.exec(name);
        if (data.uses.names.includes(name) || name === 'write' || (edge && Number(edge[1]))) return {[name]: 1};
        if (Object.hasOwn(named, name)) return named[name];
        const patch = training && Number(training[1] || data.uses.patch);
        if (patch) return {['region-' + patch]: 1};
        if (workers(name)) return {whole: 1, write: 1};
        throw 'there is no use ' + quoted(name) + ': choose from ' + data.uses.choices.join(', ');
    }

    /* The workers of a pipeline's name; 1 of another that is known, 0 of a pipeline without any. */
    function workers(name) {
        const match = /^pipeline(?:-(\d{1,4}))?$/.exec(name);
        if (match) return Number(match[1] || data.uses.workers);
        return Number(data.uses.names.includes(name) || Object.hasOwn(data.uses.named, name));
    }

    /* ---- Storage ---- */

    function latency(text) {
        if (typed.storage !== 's3') return 0;
        const found = text ? number(text, 'give milliseconds, as 20') : 20;
        if (found >= 0 && found < Infinity) return found / 1e3;
        throw 'a latency of ' + general(found, 6) + " ms can't be: give 0 or more";
    }

    function bandwidth(text) {
        if (!text) return Infinity;
        const found = number(text, 'give MB a second, as 100');
        if (found > 0 && found <= 1e9) return found * 1e6;
        throw 'a bandwidth of ' + general(found, 6) + " MB/s can't be: give more than 0";
    }

    /* ---- The present layout: tomobench.desk.advise.present.spelled ---- */

    function present(text) {
        if (!text) return null;
        const said = quoted(text), [cut, ...words] = text.replaceAll(' ', '').split(',');
        const match = /^(\d{1,5}(?:[x×]\d{1,5}){2})(?:\/(\d{1,5}(?:[x×]\d{1,5}){2}))?$/.exec(cut);
        if (!match) throw said + ' is no layout: write for example ' + LAYOUTS;
        const [chunks, shards] = match.slice(1).map(one => one ? one.split(/[x×]/).map(Number) : null);
        const formats = words.filter(one => one === '2' || one === '3').map(Number);
        const codecs = words.filter(one => one !== '2' && one !== '3').map(one => codec(said, one));
        if (formats.length > 1 || codecs.length > 1) throw said + ' names two formats or two codecs: write for example ' + LAYOUTS;
        const format = formats.length ? formats[0] : shards ? 3 : 2;
        if (chunks.includes(0) || (shards || []).includes(0)) throw said + ' has an edge of 0: chunks have at least one voxel';
        if (shards && format === 2) throw said + ': Zarr format 2 has no shards';
        if (shards && shards.some((edge, n) => edge % chunks[n])) {
            throw said + ': shards of ' + shards.join('×') + ' are not a whole number of chunks of ' + chunks.join('×');
        }
        const line = (data.releases.find(one => one[0] === typed.release) || [])[1];
        const kinds = data.rules.kinds.findIndex(one => one[0] === format && one[1] === Boolean(shards));
        const reason = data.impossible[line + '|' + kinds];
        if (reason) throw reason + ": it can't be compared in zarr " + typed.release + ', choose a newer one';
        return placed({chunks: chunks, shards: shards, format: format}, codecs[0] || data.codecs[0]);
    }

    function codec(said, word) {
        const names = Object.keys(data.shuffled), match = /^(.+?)(?:-(\d{1,2}))?(?:-(shuffle|bitshuffle|none))?$/.exec(word);
        if (!match || !names.includes(match[1])) throw said + ': there is no codec ' + quoted(word) + ': choose from ' + names.join(', ');
        const [, name, level, shuffle] = match, shuffled = data.shuffled[name];
        if (shuffle && !shuffled) throw said + ': ' + name + ' has no shuffle';
        return {name: name, level: name === 'none' ? 0 : Number(level || 5), shuffle: shuffled ? shuffle || 'shuffle' : 'none'};
    }

    /* With the codec's number among those that are compared, or the one after them. */
    function placed(layout, mine) {
        const same = one => one.name === mine.name && one.level === mine.level && one.shuffle === mine.shuffle;
        const known = data.codecs.findIndex(same);
        return {layout: Object.assign(layout, {codec: known < 0 ? data.codecs.length : known}), codec: mine};
    }

    /* ---- The question ---- */

    const question = {
        shape: read('shape', shape), dtype: typed.dtype, kind: read('kind', kind), ratio: read('ratio', ratio),
        tomograms: read('tomograms', text => count(text, 1)), use: read('use', use), release: typed.release,
        storage: {kind: typed.storage, latency: read('latency', latency), bandwidth: read('bandwidth', bandwidth),
                  concurrency: data.rules.concurrency, heads: typed.storage === 's3' && typed.client === 's3fs'},
        formats: typed.format ? [Number(typed.format)] : [2, 3], readers: typed.readers || [],
        limits: {objects: read('objects', text => count(text, Infinity)), memory: read('memory', size),
                 chunk: read('chunk', size)},
        present: read('present', present)
    };

    /* The command that gives the same answer, as a shell takes it. */
    function command() {
        const safe = text => /^[\w.,=/-]+$/.test(text) ? text : "'" + text + "'";
        const far = typed.storage === 's3', text = textOf;
        const given = {
            '--shape': question.shape.join('x'), '--dtype': typed.dtype, '--kind': typed.kind === 'raw' ? '' : typed.kind,
            '--ratio': text('ratio'), '--tomograms': text('tomograms') === '1' ? '' : text('tomograms'), '--use': text('use'),
            '--storage': far ? 's3' : '', '--latency': far ? text('latency') : '', '--bandwidth': text('bandwidth'),
            '--client': far && typed.client === 's3fs' ? 's3fs' : '',
            '--release': typed.release === data.default ? '' : typed.release, '--zarr-format': typed.format || '',
            '--readers': question.readers.join(','), '--max-objects': text('objects'), '--max-memory': text('memory'),
            '--max-chunk': text('chunk'), '--machine': text('machine'), '--current': text('present').replaceAll('×', 'x')
        };
        return 'tomobench plan ' + Object.entries(given).filter(([, value]) => value)
            .map(([name, value]) => name + ' ' + safe(value)).join(' ');
    }

    return {question: empty(problems) ? question : null, problems: problems, command: empty(problems) ? command() : ''};

    function empty(one) {
        return !Object.keys(one).length;
    }
};
