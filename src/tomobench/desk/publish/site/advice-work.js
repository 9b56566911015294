'use strict';

/* What an access makes a reader do in many layouts, and what it asks a store for: the arithmetic of
   tomobench.desk.advise.evidence.expected and fetches. In the same order of sums, so that the figures are the same.

   An access selects along each axis 'all', 'one' (the plane in the middle), or a box's edge at every place. */

window.tomobenchWork = function(rules) {
    const {column} = window.tomobenchNumbers;

    function asked(selected, length) {
        return selected === 'all' ? length : selected === 'one' ? 1 : Math.min(selected, length);
    }

    function positions(last) {
        if (last < rules.positions) return Array.from({length: last + 1}, (_, n) => n);
        const step = last / (rules.positions - 1);
        return Array.from({length: rules.positions}, (_, n) => n === rules.positions - 1 ? last : Math.floor(n * step));
    }

    /* Means over the positions of what is met along an axis, for a chunk's and a shard's edge. */
    function met(chunk, shard, edge, starts, length) {
        const across = shard / chunk, floor = Math.floor;
        let few = Infinity, counted = 0, shards = 0, complete = 0, inside = 0;
        for (let n = 0; n < starts.length; ++n) {
            const first = floor(starts[n] / chunk), last = floor((starts[n] + edge - 1) / chunk), count = last - first + 1;
            few = Math.min(few, count);
            counted += count;
            shards += floor(last / across) - floor(first / across) + 1;
            complete += Math.max(floor((last + 1) / across) - Math.ceil(first / across), 0);
            inside += Math.min((last + 1) * chunk, length) - first * chunk;
        }
        const mean = counted / starts.length;
        return [mean, few, mean - few, shards / starts.length, complete / starts.length, inside / starts.length];
    }

    /* What is met along an axis, by selection and length, and by chunk and shard: it is asked for again and again. */
    const axes = new Map();
    const MEANS = ['chunks', 'few', 'more', 'shards', 'complete', 'inside'];

    /* The means of met() as columns, for each chunk's and shard's edge; and the voxels asked for. */
    function along(selected, length, chunks, shards) {
        const edge = asked(selected, length), axis = selected + '|' + length;
        if (!axes.has(axis)) axes.set(axis, new Map());
        const known = axes.get(axis), starts = selected === 'one' ? [Math.floor(length / 2)] : positions(length - edge);
        const found = Object.fromEntries(MEANS.map(name => [name, new Float64Array(chunks.length)]));
        const columns = MEANS.map(name => found[name]);
        chunks.forEach(function(chunk, n) {
            const key = chunk * 1e7 + shards[n];
            let means = known.get(key);
            if (!means) {
                means = met(chunk, shards[n], edge, starts, length);
                known.set(key, means);
            }
            for (let k = 0; k < columns.length; ++k) columns[k][n] = means[k];
        });
        return Object.assign(found, {asked: edge});
    }

    /* The mean, in each layout, of the number of chunks met over so many at once, rounded up. It is not linear, so the
       numbers that occur are gone through: along an axis they are two. */
    function rounded([z, y, x], atOnce) {
        return column(z.chunks.length, function(n) {
            let total = 0;
            if (!z.more[n] && !y.more[n] && !x.more[n]) return Math.ceil(z.few[n] * y.few[n] * x.few[n] / atOnce);
            for (let more = 0; more < 8; ++more) {
                const a = more >> 2 & 1, b = more >> 1 & 1, c = more & 1;
                const chance = (a ? z.more[n] : 1 - z.more[n]) * (b ? y.more[n] : 1 - y.more[n])
                    * (c ? x.more[n] : 1 - x.more[n]);
                if (chance !== 0) total += chance * Math.ceil((z.few[n] + a) * (y.few[n] + b) * (x.few[n] + c) / atOnce);
            }
            return total;
        });
    }

    /* The mean work of an access of a volume, in each of the layouts. */
    function expected(selected, shape, cuts) {
        const axes = shape.map((length, n) => along(selected[n], length, cuts.chunks[n], cuts.shards[n])), [z, y, x] = axes;
        const times = what => column(cuts.count, n => z[what][n] * y[what][n] * x[what][n]);
        const chunks = times('chunks'), shards = times('shards'), complete = times('complete'), {sharded} = cuts;
        const objects = column(cuts.count, n => sharded[n] ? shards[n] : chunks[n]), longest = rounded(axes, rules.cores);
        return {
            axes: axes, cuts: cuts, parts: 1, asked: z.asked * y.asked * x.asked,
            chunks: chunks, objects: objects, inside: times('inside'),
            split: column(cuts.count, n => objects[n] - (sharded[n] ? complete[n] : objects[n])),
            decoded: column(cuts.count, n => chunks[n] * cuts.size[n]),
            runs: column(cuts.count, n => z.asked * y.asked * x.chunks[n]),
            entries: column(cuts.count, n => sharded[n] ? objects[n] * cuts.within[n] : 0),
            longest: column(cuts.count, n => longest[n] * cuts.size[n])
        };
    }

    /* Requests, bytes and round trips of an access, as columns. density: stored bytes of a voxel in each layout. */
    function fetches(done, density, concurrency, merges) {
        const cuts = done.cuts, {sharded, within, count} = cuts;
        const gets = column(count, n => done.objects[n] - done.split[n]);
        const ranges = column(count, n => !sharded[n] ? 0 : merges ? done.split[n]
            : Math.max(done.chunks[n] - gets[n] * within[n], 0));
        let trips = null;
        function rounds() {
            const whole = rounded(done.axes, concurrency);
            return column(count, n => sharded[n]
                ? Math.ceil((gets[n] + done.split[n]) / concurrency) + Math.ceil(ranges[n] / concurrency) : whole[n]);
        }
        return {
            gets: gets, indices: done.split, ranges: ranges,
            bytes: column(count, n => density[n] * done.inside[n]
                + (sharded[n] ? done.objects[n] * (rules.entry * within[n] + rules.checksum) : 0)),
            /* Of many layouts on a disk nobody asks for them. */
            get rounds() { return trips || (trips = rounds()); }
        };
    }

    /* ---- Shards read in part: the mean over a few positions, spread evenly ---- */

    function sampled(selected, shape, layout, density, concurrency, merges) {
        const places = shape.map(function(length, n) {
            if (selected[n] === 'all') return [[0, length]];
            if (selected[n] === 'one') return [[Math.floor(length / 2), Math.floor(length / 2) + 1]];
            const room = Math.max(0, length - selected[n]);
            const starts = [...new Set(rules.spread.map(share => Math.floor(share * room)))];
            return starts.map(start => [start, Math.min(start + selected[n], length)]);
        });
        const known = new Map(), sum = {gets: 0, indices: 0, ranges: 0, bytes: 0, rounds: 0}, names = Object.keys(sum);
        let count = 0;
        for (const z of places[0]) for (const y of places[1]) for (const x of places[2]) {
            const one = ofPart([z, y, x], shape, layout, density, concurrency, merges, known);
            names.forEach(name => { sum[name] += one[name]; });
            ++count;
        }
        names.forEach(name => { sum[name] /= count; });
        return Object.assign(sum, {continues: 0});
    }

    function ofPart(part, shape, layout, density, concurrency, merges, known) {
        const across = layout.shards.map((edge, n) => edge / layout.chunks[n]);
        const axes = part.map(([start, stop], n) => inShards(start, stop, layout.chunks[n], across[n]));
        const sum = {gets: 0, indices: 0, ranges: 0, bytes: 0, rounds: 0};
        for (const z of axes[0]) for (const y of axes[1]) for (const x of axes[2]) {
            const one = ofShard([z, y, x], across, shape, layout, density, merges, known);
            sum.gets += one[0];
            sum.indices += one[1];
            sum.ranges += one[2];
            sum.bytes += one[3];
        }
        sum.rounds = Math.ceil((sum.gets + sum.indices) / concurrency) + Math.ceil(sum.ranges / concurrency);
        return sum;
    }

    /* Each shard along an axis that a selection meets: [which, its first chunk that is wanted, its last]. */
    function inShards(start, stop, chunk, across) {
        const first = Math.floor(start / chunk), last = Math.floor((stop - 1) / chunk), found = [];
        for (let shard = Math.floor(first / across); shard * across <= last; ++shard) {
            found.push([shard, Math.max(first - shard * across, 0), Math.min(last - shard * across, across - 1)]);
        }
        return found;
    }

    /* [GETs, indices, ranges, bytes] of what is wanted of a shard: most shards of an access are alike, and each kind is
       looked at once. */
    function ofShard(wanted, across, shape, layout, density, merges, known) {
        const shard = stored(wanted.map(one => one[0]), across, shape, layout, density, known);
        const key = wanted.map(one => one[1] + '-' + one[2]).join();
        if (!shard.fetched.has(key)) shard.fetched.set(key, fetchedOf(shard, wanted, across, merges));
        return shard.fetched.get(key);
    }

    function fetchedOf(shard, wanted, across, merges) {
        const count = across[0] * across[1] * across[2], index = rules.entry * count + rules.checksum;
        const all = wanted.reduce((total, one) => total * (one[2] - one[1] + 1), 1) === count;
        if (all) return [1, 0, 0, shard.whole + index];
        let ranges = 0, bytes = 0, first = 0, last = 0;
        shard.order.forEach(function([z, y, x], n) {
            const size = shard.sizes[n], end = shard.ends[n], start = end - size;
            const asked = [z, y, x].every((place, axis) => place >= wanted[axis][1] && place <= wanted[axis][2]);
            if (!asked || size <= 0) return;
            if (!merges) {
                ++ranges;
                bytes += size;
            } else if (ranges && start - last <= rules.gap && end - first <= rules.largest) {
                last = end;
            } else {
                if (ranges) bytes += last - first;
                ++ranges;
                [first, last] = [start, end];
            }
        });
        return [0, 1, ranges, bytes + (merges ? last - first : 0) + index];
    }

    /* A shard's chunks in the order they are written in, their bytes, and where each ends. Known for all shards that
       the volume's end cuts alike. */
    function stored(place, across, shape, layout, density, known) {
        const inside = place.map((shard, n) => Array.from({length: across[n]}, (_, k) =>
            Math.min(Math.max(shape[n] - (shard * across[n] + k) * layout.chunks[n], 0), layout.chunks[n])));
        const key = inside.map(one => one.filter(Boolean).length + ':' + one.reduce((sum, edge) => sum + edge)).join();
        if (!known.has(key)) {
            const order = morton(across), ends = [];
            const sizes = order.map(([z, y, x]) => density * (inside[0][z] * inside[1][y] * inside[2][x]));
            sizes.reduce((sum, one) => (ends.push(sum + one), sum + one), 0);
            known.set(key, {order: order, sizes: sizes, ends: ends, whole: ends[ends.length - 1], fetched: new Map()});
        }
        return known.get(key);
    }

    const orders = new Map();

    /* The chunks of a shard in z-order, with the bits of an axis that has no more left out. */
    function morton(across) {
        const name = String(across);
        if (!orders.has(name)) orders.set(name, inOrder(across));
        return orders.get(name);
    }

    function inOrder(across) {
        const bits = across.map(count => 32 - Math.clz32(count - 1)), found = [];
        for (let code = 0; code < Math.pow(2, bits[0] + bits[1] + bits[2]); ++code) {
            const place = [0, 0, 0];
            for (let bit = 0, taken = 0; bit < Math.max(...bits); ++bit) {
                for (let axis = 0; axis < 3; ++axis) {
                    if (bit < bits[axis]) place[axis] |= (code >> taken++ & 1) << bit;
                }
            }
            if (place.every((one, axis) => one < across[axis])) found.push(place);
        }
        return found;
    }

    return {expected: expected, fetches: fetches, sampled: sampled};
};
