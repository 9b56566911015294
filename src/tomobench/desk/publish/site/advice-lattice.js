'use strict';

/* The layouts that are compared: the lattice of tomobench.desk.advise.plan.lattice and the suites' grids.

   Many layouts are arrays, {count, chunks: [z, y, x], shards, sharded, format, size, within}: size is a chunk's voxels,
   within the chunks of a shard, and shards are the chunks where there are none. A layout by itself is {chunks, shards or
   null, format, codec: its number}. rules: the constants of advice_data.py. */

window.tomobenchLattice = function(rules) {
    const upTo = (length, edge) => Math.ceil(length / edge);

    /* Edges of chunks along an axis of so many voxels, rising. */
    function edges(length) {
        const bits = n => 32 - Math.clz32(n), found = new Set([length]), divided = new Set();
        for (let power = 1; power < length; power *= 2) found.add(power);
        for (let n = 2; n < length; ++n) {
            if (length % n || !(n & (n - 1)) || divided.has(bits(n))) continue;
            divided.add(bits(n));
            found.add(n);
        }
        return [...found].sort((one, other) => one - other);
    }

    const prod = shape => shape[0] * shape[1] * shape[2];

    function of(layouts) {
        const count = layouts.length, axis = (what, n) => Float64Array.from(layouts, one => (one[what] || one.chunks)[n]);
        const cuts = {
            count: count, chunks: [0, 1, 2].map(n => axis('chunks', n)), shards: [0, 1, 2].map(n => axis('shards', n)),
            sharded: Uint8Array.from(layouts, one => Number(Boolean(one.shards))),
            format: Uint8Array.from(layouts, one => one.format)
        };
        return sized(cuts);
    }

    function sized(cuts) {
        cuts.size = new Float64Array(cuts.count);
        cuts.within = new Float64Array(cuts.count);
        for (let n = 0; n < cuts.count; ++n) {
            cuts.size[n] = cuts.chunks[0][n] * cuts.chunks[1][n] * cuts.chunks[2][n];
            cuts.within[n] = (cuts.shards[0][n] / cuts.chunks[0][n]) * (cuts.shards[1][n] / cuts.chunks[1][n])
                * (cuts.shards[2][n] / cuts.chunks[2][n]);
        }
        return cuts;
    }

    /* Those at some places. */
    function take(cuts, places) {
        if (places.length === cuts.count && places.every((one, n) => one === n)) return cuts;
        const pick = one => one.constructor.from(places, n => one[n]);
        return {count: places.length, chunks: cuts.chunks.map(pick), shards: cuts.shards.map(pick), sharded: pick(cuts.sharded),
                format: pick(cuts.format), size: pick(cuts.size), within: pick(cuts.within)};
    }

    function layout(cuts, n, codec) {
        return {
            chunks: cuts.chunks.map(one => one[n]), shards: cuts.sharded[n] ? cuts.shards.map(one => one[n]) : null,
            format: cuts.format[n], codec: codec
        };
    }

    /* The lattice for a volume, and the grids' layouts, each once. */
    function cutsOf(shape, itemsize) {
        const [along, down, across] = shape.map(edges), chunks = [];
        let largest = 0;
        for (const z of along) for (const y of down) for (const x of across) {
            chunks.push([z, y, x]);
            largest = Math.max(largest, z * y * x * itemsize);
        }
        const least = Math.min(rules.least, largest);
        const kept = chunks.filter(one => prod(one) * itemsize >= least && prod(one) * itemsize <= rules.most);
        const found = new Map(), add = function(cut, shards, format) {
            // Numbers up to 99,999: two that are exact, together a key.
            const key = (cut[0] * 1e5 + cut[1]) * 10 + format + ',' + (cut[2] * 1e5 + (shards ? shards[0] : 0)) + ','
                + (shards ? shards[1] * 1e6 + shards[2] : 0);
            if (!found.has(key)) found.set(key, {chunks: cut, shards: shards, format: format});
        };
        [2, 3].forEach(format => kept.forEach(cut => add(cut, null, format)));
        rules.multiples.forEach(multiple => kept.forEach(function(cut) {
            const most = n => upTo(shape[n], cut[n]), times = n => multiple[n] ? Math.min(multiple[n], most(n)) : most(n);
            const z = times(0), y = times(1), x = times(2), within = z * y * x;
            if (within <= 1 || within > rules.within || prod(cut) * within * itemsize > rules.largestShard) return;
            add(cut, [cut[0] * z, cut[1] * y, cut[2] * x], 3);
        }));
        grids(shape).forEach(one => add(one.chunks, one.shards, one.format));
        return of([...found.values()]);
    }

    /* The layouts of the suites' grids (candidates.layouts). */
    function grids(shape) {
        const found = rules.chunkGrid.flatMap(cut => [2, 3].map(format => ({chunks: cut, shards: null, format: format})));
        const [chunks, shards] = rules.shardGrid;
        chunks.forEach(cut => shards.filter(Boolean).forEach(function(one) {
            const whole = shape.map((length, n) => upTo(length, cut[n]) * cut[n]);
            const named = shards.some(other => String(other) === String(whole));
            if (one === rules.whole && !named) found.push({chunks: cut, shards: whole, format: 3});
            else if (one !== rules.whole && !one.every((edge, n) => edge > whole[n])) {
                found.push({chunks: cut, shards: one, format: 3});
            }
        }));
        return found;
    }

    /* How many units of writing there are: shards, or chunks without. */
    function units(shape, z, y, x) {
        return upTo(shape[0], z) * upTo(shape[1], y) * upTo(shape[2], x);
    }

    /* The blocks in which so many workers can write at once, and how many of them are at work. */
    function alignment(one, shape, workers) {
        const unit = one.shards || one.chunks, counts = shape.map((length, n) => upTo(length, unit[n])), parts = [1, 1, 1];
        while (prod(parts) < workers) {
            const able = [0, 1, 2].filter(n => parts[n] < counts[n]), long = n => counts[n] * unit[n] / parts[n];
            if (!able.length) break;
            ++parts[able.reduce((best, n) => long(n) > long(best) ? n : best)];
        }
        const block = counts.map((count, n) => upTo(count, parts[n]) * unit[n]);
        const used = prod(counts.map((count, n) => upTo(count * unit[n], block[n])));
        return {block: block, atWork: Math.min(used, workers)};
    }

    return {edges: edges, of: of, take: take, layout: layout, cuts: cutsOf, units: units, alignment: alignment};
};
