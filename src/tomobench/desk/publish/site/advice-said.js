'use strict';

/* What tomobench plan says of an answer: its sentences (tomobench.desk.advise.plan.formats, reasons and current) and its
   records. desk: of advice-estimate.js; found: of advice-search.js. */

window.tomobenchSaid = function(desk, found) {
    const {data, of, question} = desk, {use, storage} = question, {rules} = data;
    const {general, fixed, percent, plain, sum} = window.tomobenchNumbers, {cross, size, time} = window.tomobenchWords;
    const names = Object.keys(use.weights), archive = !names.length;

    const cutSaid = layout => cross(layout.chunks) + (layout.shards ? ' in ' + cross(layout.shards) : '');
    const named = layout => cutSaid(layout) + ', format ' + layout.format
        + (layout.codec ? ', ' + codecSaid(layout) : '');

    function codecSaid(layout) {
        const {name, level, shuffle} = desk.codecs[layout.codec];
        if (name === 'none') return 'not compressed';
        const said = {shuffle: '', bitshuffle: ' bitshuffle', none: ' no shuffle'}[shuffle];
        return name + ' ' + level + (data.shuffled[name] ? said : '');
    }

    /* An access, as a sentence says it. */
    function accessSaid(name) {
        const region = /^region-(\d+)$/.exec(name);
        return region ? 'a region of ' + region[1] + '³' : data.uses.said[name];
    }

    /* How far off half of such times are; null where that is not known. */
    function off(figure, name) {
        if (figure[1] === 'measured') return rules.assumed;
        return (desk.errors(name) || {median: null}).median;
    }

    function timeSaid(figure, name) {
        const error = off(figure, name);
        return data.marks[figure[1]] + time(figure[0]) + (error ? ' ±' + percent(error) : '');
    }

    /* What is advised, in a sentence. */
    function answer() {
        const first = found.candidates[0], layout = first.layout;
        const takes = names.map(name => accessSaid(name) + ' takes ' + timeSaid(first.accesses[name].seconds, name));
        return 'Write it in chunks of ' + cross(layout.chunks)
            + (layout.shards ? ' in shards of ' + cross(layout.shards) : '') + ', Zarr format '
            + (found.either[0] ? '2 or 3' : layout.format) + ', ' + codecSaid(layout) + ': '
            + (takes.length ? takes.join(', ') + '; ' : '') + fixed(first.objects[0], 0, true) + ' objects and '
            + size(first.stored[0]) + ' a tomogram, by the compression of ' + desk.ratios.volume + ' ('
            + general(desk.ratio(layout.chunks, layout.codec), 3) + ').' + compressed();
    }

    /* What compressing would take and spare, where the named layout is not compressed. */
    function compressed() {
        const first = found.candidates[0], other = found.compressed;
        if (!other) return '';
        const why = desk.cached ? " Times are of the page cache, where bytes cost next to nothing; --bandwidth gives a disk's." : '';
        const slower = other.seconds[0] / first.seconds[0], fewer = 1 - other.stored[0] / first.stored[0];
        return why + ' Compressed, the best is ' + named(other.layout) + ': it '
            + (slower > 1 + rules.tie ? 'takes ' + general(slower, 2) + ' times as long' : 'takes as long') + ', and '
            + percent(fewer) + ' fewer bytes (' + size(other.stored[0]) + ').';
    }

    /* ---- Why it comes first ---- */

    const DOES = [
        {said: n => 'makes ' + n + ' requests', of: one => one.requests[0]},
        {said: n => 'fetches ' + n, of: one => one.bytes[0], size: true},
        {said: n => 'waits for answers ' + n + ' times', of: one => one.rounds, far: true},
        {said: n => 'decodes ' + n + ' voxels for each that is asked for', of: one => one.decoded}
    ];

    function because(first, second) {
        const does = (one, what) => sum(names.map(name => desk.shares[name] * what.of(one.accesses[name])));
        const more = what => does(second, what) / does(first, what);
        const most = DOES.filter(what => desk.far || !what.far).reduce((best, what) => more(what) > more(best) ? what : best);
        if (does(second, most) <= does(first, most)) return 'it does no less work, but what it does costs less on this machine';
        const say = most.size ? size : plain;
        return 'it ' + most.said(say(does(first, most), 3)) + ', the other ' + say(does(second, most), 3);
    }

    function reason() {
        const first = found.candidates[0], cut = one => cutSaid(one.layout);
        const second = found.candidates.find(one => cut(one) !== cut(first));
        if (!second) return named(first.layout) + ' is the only layout left.';
        if (archive) {
            return named(first.layout) + ' keeps a tomogram in ' + size(first.stored[0]) + ' and '
                + fixed(first.objects[0], 0) + ' objects, where ' + named(second.layout) + ' takes '
                + size(second.stored[0]) + ' and ' + fixed(second.objects[0], 0) + '.';
        }
        const times = second.seconds[0] / first.seconds[0];
        return named(first.layout) + ' takes ' + time(first.seconds[0]) + ' for the mean access where '
            + named(second.layout) + ' takes ' + time(second.seconds[0]) + ' (' + fixed(times, 2) + ' times as long'
            + (times < 1 + rules.assumed ? ', which is within the noise of times, ' + percent(rules.assumed) : '') + '): '
            + because(first, second) + '.';
    }

    /* Layouts that are as fast as the one that is named. */
    function ties() {
        const said = found.ties.slice(0, 4).map(one => cutSaid(one.layout) + ' (' + time(one.seconds[0]) + ')');
        return [...(said.length ? ['No difference in time (below ' + percent(rules.tie) + '): ' + said.join('; ') + '.'] : []),
                ...(found.either[0] ? ['Format 2 or 3: no difference.'] : [])];
    }

    function regret() {
        const said = Object.entries(found.regret).map(([term, one]) => term + ' ' + (one.times > 1 + rules.tie
            ? 'takes ' + fixed(one.times, 2) + ' times as long as in ' + cutSaid(one.best) : 'loses nothing'));
        return said.length ? ['By one layout for all: ' + said.join('; ') + '.'] : [];
    }

    function workers() {
        if (use.workers === 1) return [];
        const layout = found.candidates[0].layout, what = layout.shards ? 'shard' : 'chunk';
        const {block, atWork} = desk.lattice.alignment(layout, question.shape, use.workers);
        return [use.workers + ' workers: let each write blocks of ' + cross(block) + ', from the origin on, which are whole '
                + what + 's of ' + cross(layout.shards || layout.chunks) + ' (' + atWork + ' at work at once).'];
    }

    /* What several writers must keep to in a layout. */
    function writers(layout) {
        const kind = rules.kinds.findIndex(one => one[0] === layout.format && one[1] === Boolean(layout.shards));
        return data.writers[kind].replace('{unit}', cross(layout.shards || layout.chunks));
    }

    /* How thick a slab of the volume to write and to read at once. */
    function slabs(layout) {
        const {chunks, shards} = layout, what = shards ? 'shard' : 'chunk';
        return Object.entries({written: shards || chunks, read: chunks}).map(([way, edges]) => {
            const thick = Math.min(edges[0], question.shape[0]), parts = {thick, what};
            return data.slabs[way][Number(thick > 1)].replace(/{(\w+)}/g, (_, name) => parts[name]);
        }).join('. ');
    }

    /* How sure the figures are, a line each. */
    function notes() {
        const {notes: said} = of, type = said.type[question.dtype + '|' + question.kind];
        const stored = question.ratio ? data.given[question.dtype].replace('{ratio}', general(question.ratio, 6))
            : desk.ratios.said;
        return [...[...new Set([...names, 'write'])].map(ofAccess), said.source[desk.source], ...(type ? [type] : []),
                ...said.errors, stored, ...(desk.far ? [said.network] : []), ...(use.workers > 1 ? said.blocks : []),
                ...data.search];
    }

    function ofAccess(name) {
        const errors = desk.errors(name);
        return errors ? accessSaid(name) + ': ' + errors.said
            : 'the time of ' + accessSaid(name) + ' was measured nowhere: how far off it is, is not known';
    }

    /* ---- Records ---- */

    function record(place, one) {
        const layout = one.layout, row = {
            place: place, front: Boolean(one.front), chunks: cross(layout.chunks), shards: cross(layout.shards),
            format: layout.format, codec: desk.keys[layout.codec]
        };
        const put = function(name, figure) {
            row[name] = figure[0];
            row[name + '_how'] = figure[1];
        };
        put('objects', one.objects);
        put('stored_bytes', one.stored);
        Object.entries(Object.assign({}, one.accesses, {write: one.write})).forEach(function([name, access]) {
            put(name + '_requests', access.requests);
            put(name + '_bytes', access.bytes);
            put(name + '_seconds', access.seconds);
        });
        if (!archive) put('mean_seconds', one.seconds);
        row.memory_bytes = one.memory;
        if (desk.far) {
            row.million_requests_cost = one.requests;
            row.million_transfer_cost = one.transfer;
            row.month_cost = one.month;
        }
        return row;
    }

    const records = () => found.candidates.map((one, n) => record(n + 1, one));

    /* The answer as the command prints it with --format json, but for the code. */
    function asJson() {
        const errorsOf = one => one && {cells: one.cells, median: one.median, ninth: one.ninth, largest: one.largest};
        return {
            answer: answer(), shape: question.shape, dtype: question.dtype, kind: question.kind,
            tomograms: question.tomograms, use: use.name,
            storage: {kind: storage.kind, latency_seconds: storage.latency,
                      bandwidth_bytes_per_second: storage.bandwidth === Infinity ? null : storage.bandwidth,
                      concurrency: storage.concurrency},
            release: question.release, machine: data.machine, measured_on: desk.source || null,
            compression_of: desk.ratios.volume, compared: found.compared, figures: ['exact', 'measured', 'modelled'],
            candidates: records(),
            errors: Object.fromEntries([...new Set([...names, 'write'])].map(name => [name, errorsOf(desk.errors(name))])),
            reason: reason(), ties: found.ties.map(one => named(one.layout)), either_format: found.either[0],
            compressed: found.compressed ? record('compressed', found.compressed) : null,
            regret: Object.fromEntries(Object.entries(found.regret).map(([term, one]) =>
                [term, {times: one.times, best: named(one.best)}])),
            workers: workers(), writers: writers(found.candidates[0].layout),
            slabs: slabs(found.candidates[0].layout), notes: notes(), left_out: found.leftOut
        };
    }

    return {
        answer: answer, reason: reason, ties: ties, regret: regret, workers: workers, writers: writers, slabs: slabs, notes: notes,
        record: record, records: records, asJson: asJson, named: named, cutSaid: cutSaid, codecSaid: codecSaid, accessSaid: accessSaid, off: off,
        timeSaid: timeSaid
    };
};
