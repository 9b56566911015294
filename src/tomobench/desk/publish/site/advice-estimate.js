'use strict';

/* A layout's figures for one question: tomobench.desk.advise.plan.estimate, model, network, memory and stored, in the
   same order of sums.

   data: what holds for every release (advice_data.gather). of: what its release has (advice_data.of_release). A figure is
   [value, 'exact', 'measured' or 'modelled']. question: see advice-question.js. */

window.tomobenchEstimate = function(data, of, question) {
    const rules = data.rules, SURE = ['exact', 'measured', 'modelled'], MILLION = 1e6;
    const {sum, column} = window.tomobenchNumbers;
    const lattice = window.tomobenchLattice(rules), work = window.tomobenchWork(rules);
    const {shape, use, storage} = question, itemsize = data.types[question.dtype];
    const codecs = data.codecs.concat(question.present ? [question.present.codec] : []), keys = codecs.map(codecKey);
    const voxels = shape[0] * shape[1] * shape[2], line = data.releases.find(one => one[0] === question.release)[1];
    const reads = Object.keys(use.weights).filter(name => name !== 'write'), far = storage.kind === 's3';
    /* Whether it is a warm page cache. */
    const cached = !far && storage.bandwidth === Infinity;
    const metadata = {2: data.metadata[line + '|2'] || 0, 3: data.metadata[line + '|3'] || 0};
    /** @type {[string, any][]} */
    const weights = Object.entries(use.weights), all = sum(weights.map(one => one[1]));
    /** @type {[string, number][]} */
    const shares = weights.map(([name, weight]) => [name, weight / all]);
    const own = !question.ratio && of.measured.find(one => String(one.shape) === String(shape)
        && one.dtype === question.dtype && one.kind === question.kind);
    const source = own ? own.volume : '';
    const ratios = question.ratio
        ? {volume: '--ratio ' + window.tomobenchNumbers.general(question.ratio, 6), single: true,
           found: {[codecKey(data.codecs[0]) + '|64x64x64']: question.ratio},
           bySize: [[Math.log2(64 * 64 * 64)], [question.ratio]], against: {}}
        : data.ratios[[question.dtype, question.kind, source].join('|')]
          || data.ratios[[question.dtype, question.kind, ''].join('|')];

    /* A codec's name in results, as str(Codec) has it. */
    function codecKey(codec) {
        if (codec.name === 'none') return 'none';
        return codec.name + '-' + codec.level + (data.shuffled[codec.name] ? '-' + codec.shuffle : '');
    }

    function selections(name) {
        const region = /^region-(\d+)$/.exec(name);
        return region ? Array(3).fill(Number(region[1])) : data.uses.selected[name];
    }

    /* As numpy.interp. */
    function between(value, [places, values]) {
        const last = places.length - 1;
        if (value <= places[0]) return values[0];
        if (value >= places[last]) return values[last];
        const next = places.findIndex(one => one > value), n = next - 1;
        return (values[next] - values[n]) / (places[next] - places[n]) * (value - places[n]) + values[n];
    }

    const product = one => one[0] * one[1] * one[2];

    /* The compression of a chunk shape in a codec. */
    function ratio(chunks, codec) {
        if (codecs[codec].name === 'none') return 1;
        const known = ratios.found[keys[codec] + '|' + chunks.join('x')];
        if (known !== undefined) return known;
        const usual = between(Math.log2(product(chunks)), ratios.bySize), against = ratios.against[keys[codec]];
        return against ? usual * between(Math.log2(product(chunks)), against) : usual;
    }

    /* The factors of decoding and encoding: coding.Coding.of. */
    function coding(codec, writes) {
        for (const alike of [[question.dtype, question.kind], [question.dtype, 'raw'], ['float32', 'raw']]) {
            const known = (data.codings[alike.join('|')] || {})[keys[codec]];
            if (known) return known[writes ? 1 : 0];
        }
        return 1;
    }

    /* Seconds on a disk of the work in each layout, and the costs that they are the sum of, by cost. */
    function local(done, codec, writes) {
        const factor = coding(codec, writes), codes = codecs[codec].name !== 'none';
        const threads = line === '3' && codes, uncoded = line === '3' && !codes;
        const costs = writes ? of.write : of.read, {count, sharded, format} = done.cuts, answer = done.asked * itemsize;
        const seconds = column(count, () => costs ? 0 : NaN);
        const large = answer >= rules.fresh * Math.max(1, done.parts) ? answer : 0;
        const amounts = {
            'selection': () => done.parts, 'object': n => done.objects[n],
            'object of format 3': n => format[n] === 3 ? done.objects[n] : 0,
            'shard read in part': n => done.split[n], 'chunk': n => done.chunks[n],
            'chunk coded in a thread': n => threads ? done.chunks[n] : 0,
            'chunk of format 2 without a codec': n => uncoded && format[n] === 2 ? done.chunks[n] : 0,
            'byte decoded': n => done.decoded[n] * itemsize,
            'byte decoded by the busiest core': n => done.longest[n] * itemsize, 'byte of the answer': () => answer,
            'byte of a large answer from shards': n => sharded[n] ? large : 0, 'unbroken piece': n => done.runs[n],
            'entry of an index': n => done.entries[n]
        };
        const terms = rules.costs.flatMap((name, k) => costs && costs[k]
            ? [column(count, n => costs[k] * amounts[name](n) * (rules.coding[k] ? factor : 1))] : []);
        terms.forEach(term => term.forEach((one, n) => { seconds[n] += one; }));
        return {seconds: seconds, terms: terms};
    }

    /* The time of what takes so many seconds in a warm page cache; done: {gets, indices, ranges, bytes, rounds, and
       continues: requests that wait once more}. */
    function overNetwork(seconds, done, writes) {
        const moved = done.bytes / storage.bandwidth;
        if (!far) return seconds + moved;
        const mine = of.own[writes ? 'write' : 'read'], heads = headsOf(done);
        const requests = done.gets + done.indices + done.ranges;
        const busy = seconds + (requests + heads) * mine.request + done.bytes * mine.byte + done.indices * mine.shard;
        const trips = done.rounds + Math.ceil(heads / storage.concurrency), rounds = Math.max(trips, 1);
        const once = Math.min(Math.max((requests + done.continues + heads) / rounds, 1), storage.concurrency);
        return together(busy, trips * storage.latency, rounds, once) + mine.making * storage.latency + moved;
    }

    /* HEADs that come before what is fetched: one for each whole object, where the client asks. */
    function headsOf(done) {
        return storage.heads ? done.gets : 0;
    }

    /* Work and waits in so many rounds of so many requests: fitting.together. */
    function together(busy, waiting, rounds, once) {
        const apart = busy + waiting, root = Math.sqrt((busy - waiting) ** 2 + 4 * busy * waiting / once);
        return apart / rounds + (1 - 1 / rounds) * ((apart + root) / 2);
    }

    /* What an access asks for in the layout at a place. */
    function at(asked, n) {
        return {gets: asked.gets[n], indices: asked.indices[n], ranges: asked.ranges[n], bytes: asked.bytes[n],
                rounds: asked.rounds[n], continues: 0};
    }

    function ofWrite(objects, nbytes) {
        return {gets: 0, indices: 0, ranges: objects, bytes: nbytes,
                rounds: rules.tripsOfPut * Math.ceil(objects / storage.concurrency),
                continues: (rules.tripsOfPut - 1) * objects};
    }

    /* Bytes of memory of an access that reads, and of writing a unit: plan.memory. */
    function reading(done, n, density, fetched) {
        const cuts = done.cuts, answer = done.asked * itemsize, chunk = cuts.size[n] * itemsize;
        if (of.atOnceWhole) return answer + fetched + chunk;
        const within = (edges, most) => edges.reduce((all, edge, axis) => all * Math.min(edge[n], most(axis)), 1);
        if (!cuts.sharded[n]) {
            const stored = within(cuts.chunks, axis => shape[axis]) * density;
            return answer + Math.min(done.chunks[n], storage.concurrency) * (stored + chunk);
        }
        const units = Math.min(done.objects[n], storage.concurrency);
        const largest = within(cuts.shards, axis => done.axes[axis].asked) / done.asked;
        return answer + (Math.min(1, units * largest) * (fetched + answer) + units * chunk);
    }

    function writing(unit, sharded, density) {
        return unit * (itemsize + (sharded ? 2 * density : itemsize + (of.atOnceWhole ? density : 0)));
    }

    function indexBytes(layout, units) {
        if (!layout.shards) return 0;
        return units * (rules.entry * product(layout.shards.map((edge, n) => edge / layout.chunks[n])) + rules.checksum);
    }

    /* ---- Many layouts at once, in one codec ---- */

    function sweep(cuts, codec) {
        const {count} = cuts, columns = of => column(count, of), density = densities(cuts, codec);
        const units = columns(n => lattice.units(shape, cuts.shards[0][n], cuts.shards[1][n], cuts.shards[2][n]));
        const objects = columns(n => units[n] + metadata[cuts.format[n]]);
        const stored = columns(n => voxels * density[n]
            + (cuts.sharded[n] ? units[n] * (rules.entry * cuts.within[n] + rules.checksum) : 0));
        const works = Object.fromEntries(reads.map(name => [name, work.expected(selections(name), shape, cuts)]));
        const asked = Object.fromEntries(reads.map(name =>
            [name, work.fetches(works[name], density, storage.concurrency, of.merges)]));
        works.write = work.expected(['all', 'all', 'all'], shape, cuts);
        const times = Object.fromEntries(Object.entries(works).map(function([name, done]) {
            const writes = name === 'write', {seconds} = local(done, codec, writes);
            return [name, !cached ? columns(n => overNetwork(
                seconds[n], writes ? ofWrite(objects[n], stored[n]) : at(asked[name], n), writes)) : seconds];
        }));
        const mean = !shares.length ? times.write : columns(() => 0);
        shares.forEach(([name, share]) => times[name].forEach((one, n) => { mean[n] += share * one; }));
        const memory = columns(n => 'write' in use.weights || !reads.length
            ? writing(cuts.shards[0][n] * cuts.shards[1][n] * cuts.shards[2][n], cuts.sharded[n], density[n]) : 0);
        reads.forEach(name => memory.forEach(function(held, n) {
            memory[n] = Math.max(held, reading(works[name], n, density[n], asked[name].bytes[n]));
        }));
        const cost = far ? columns(n => costOf(asked, n, objects[n])) : columns(() => 0);
        return {cuts: cuts, codec: codec, units: units, times: times, aims: [mean, objects, stored, cost, memory, times.write]};
    }

    /* Stored bytes of a voxel in each layout. */
    function densities(cuts, codec) {
        const known = new Map();
        return column(cuts.count, function(n) {
            const key = codec ? (cuts.chunks[0][n] * 1e6 + cuts.chunks[1][n]) * 1e5 + cuts.chunks[2][n] : cuts.size[n];
            if (!known.has(key)) {
                known.set(key, itemsize / (codec ? ratio(cuts.chunks.map(one => one[n]), codec)
                                           : between(Math.log2(cuts.size[n]), ratios.bySize)));
            }
            return known.get(key);
        });
    }

    const each = Object.fromEntries(Object.entries(data.prices.requests).map(([kind, price]) => [kind, price / 1000]));

    /* Requests of a million accesses, in the layout at a place. */
    function costOf(asked, n, objects) {
        let total = 0;
        shares.forEach(function([name, share]) {
            if (name === 'write') {
                total += share * each.put * objects;
                return;
            }
            const done = at(asked[name], n);
            total += share * each.get * done.gets + share * each.head * headsOf(done);
            total += share * each['range get'] * (done.indices + done.ranges);
        });
        return total * MILLION;
    }

    /* ---- One layout, closely ---- */

    const key = layout => 'zarr' + layout.format + '-' + layout.chunks.join('x')
        + (layout.shards ? '-in-' + layout.shards.join('x') : '') + '-' + keys[layout.codec];

    function measured(table, layout) {
        return table ? table[key(layout)] : undefined;
    }

    function secondsOf(layout, known, done, asked, writes) {
        const found = own && known ? measured(own.times[known], layout) : undefined;
        const model = local(done, layout.codec, writes);
        // NumPy adds up plainly, Python with care: the one does it for reads, the other for writes.
        const modelled = writes && model.terms.length ? sum(model.terms.map(term => term[0])) : model.seconds[0];
        const onDisk = found === undefined ? modelled : found;
        if (cached) return [onDisk, found === undefined ? 'modelled' : 'measured'];
        return [overNetwork(onDisk, asked, writes), 'modelled'];
    }

    function access(name, layout, done, asked, density) {
        const known = name in data.uses.selected ? data.uses.suites[name] : null;
        const counted = ['requests', 'bytes_fetched'].map(what =>
            own && known ? measured(own.counts[what + '|' + known], layout) : undefined);
        let requests = [asked.gets + asked.indices + asked.ranges, asked.ranges && of.merges ? 'modelled' : 'exact'];
        let nbytes = [asked.bytes, 'modelled'];
        if (!counted.includes(undefined)) [requests, nbytes] = counted.map(one => [one, 'exact']);
        requests = [requests[0] + headsOf(asked), requests[1]];
        return {
            requests: requests, bytes: nbytes, heads: headsOf(asked), seconds: secondsOf(layout, known, done, asked, false),
            decoded: done.decoded[0] / done.asked, rounds: asked.rounds,
            memory: reading(done, 0, density, asked.bytes)
        };
    }

    function candidate(layout) {
        const cuts = lattice.of([layout]), units = lattice.units(shape, ...(layout.shards || layout.chunks));
        const objects = [units + metadata[layout.format], 'exact'];
        const density = itemsize / ratio(layout.chunks, layout.codec), known = own && measured(own.stored, layout);
        const stored = known ? [known, 'exact']
            : [voxels * itemsize / ratio(layout.chunks, layout.codec) + indexBytes(layout, units), 'modelled'];
        const whole = work.expected(['all', 'all', 'all'], shape, cuts), put = ofWrite(objects[0], stored[0]);
        const write = {
            requests: objects, bytes: stored, seconds: secondsOf(layout, data.uses.suites.write, whole, put, true),
            decoded: whole.decoded[0] / whole.asked, rounds: put.rounds,
            memory: writing(product(layout.shards || layout.chunks), Boolean(layout.shards), density)
        };
        const asked = {}, accesses = {};
        Object.keys(use.weights).forEach(function(name) {
            if (name === 'write') {
                accesses[name] = write;
                return;
            }
            const done = work.expected(selections(name), shape, cuts);
            asked[name] = layout.shards && done.split[0]
                ? work.sampled(selections(name), shape, layout, density, storage.concurrency, of.merges)
                : at(work.fetches(done, [density], storage.concurrency, of.merges), 0);
            accesses[name] = access(name, layout, done, asked[name], density);
        });
        const memory = Object.values(accesses).map(one => one.memory);
        const found = {
            layout: layout, objects: objects, stored: stored, accesses: accesses, write: write,
            seconds: shares.length ? mean(shares.map(([name, share]) => [accesses[name].seconds, share])) : [NaN, 'modelled'],
            memory: memory.length ? Math.max(...memory) : write.memory
        };
        return far ? Object.assign(found, costs(asked, objects[0], stored[0])) : found;
    }

    /* The sum of shares of figures, as sure as its least sure term. */
    function mean(parts) {
        const sure = parts.map(([figure]) => SURE.indexOf(figure[1]));
        return [sum(parts.map(([figure, share]) => figure[0] * share)), SURE[Math.max(...sure)]];
    }

    /* The command counts money in decimals of 28 digits: amounts that are equal there are equal here. */
    const money = amount => Number(amount.toPrecision(14));

    function gigabytes(what, nbytes) {
        return data.prices.perGb[what] * Math.trunc(nbytes) / data.prices.gb;
    }

    function requestsCost(counts) {
        return Object.entries(counts).reduce((total, [kind, count]) => total + data.prices.requests[kind] * count, 0) / 1000;
    }

    function costs(asked, objects, stored) {
        let requests = 0, transfer = 0;
        shares.forEach(function([name, share]) {
            if (name === 'write') {
                requests += share * (requestsCost({put: objects}) + gigabytes('written', stored));
                return;
            }
            const done = asked[name];
            requests += share * requestsCost({get: done.gets, 'range get': done.indices + done.ranges,
                                              head: headsOf(done)});
            transfer += share * gigabytes('fetched', done.bytes);
        });
        return {requests: money(requests * MILLION), transfer: money(transfer * MILLION),
                month: money(gigabytes('stored_for_a_month', Math.trunc(stored) * question.tomograms))};
    }

    /* How far off a time of an access is: {cells, median, ninth, largest, said}, null where that is not known. */
    function errors(name) {
        return of.errors[far ? 's3' : 'disk'][/^region-/.test(name) ? 'region' : name];
    }

    return {
        data: data, of: of, question: question, line: line, lattice: lattice, ratios: ratios, source: source, far: far, cached: cached,
        itemsize: itemsize, voxels: voxels, codecs: codecs, keys: keys, shares: Object.fromEntries(shares), ratio: ratio,
        sweep: sweep, candidate: candidate, errors: errors, requestsCost: requestsCost, gigabytes: gigabytes
    };
};
