'use strict';

/* What an access makes a reader do in many layouts, and what it asks a store for: the arithmetic of
   tomobench.desk.advise.evidence.expected and fetches. In the same order of sums, so that the figures are the same.

   An access selects along each axis 'all', 'one' (the plane in the middle), or a box's edge at every place. */

window.tomobenchWork = function(rules) {
    const column = (count, of) => Float64Array.from({length: count}, (_, n) => of(n));

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
        const across = shard / chunk, total = [0, 0, 0, 0];
        let few = Infinity;
        starts.forEach(function(start) {
            const first = Math.floor(start / chunk), last = Math.floor((start + edge - 1) / chunk), count = last - first + 1;
            few = Math.min(few, count);
            total[0] += count;
            total[1] += Math.floor(last / across) - Math.floor(first / across) + 1;
            total[2] += Math.max(Math.floor((last + 1) / across) - Math.ceil(first / across), 0);
            total[3] += Math.min((last + 1) * chunk, length) - first * chunk;
        });
        const [chunks, shards, complete, inside] = total.map(one => one / starts.length);
        return {chunks: chunks, few: few, more: chunks - few, shards: shards, complete: complete, inside: inside};
    }

    function along(selected, length, chunks, shards) {
        const edge = asked(selected, length), known = new Map();
        const starts = selected === 'one' ? [Math.floor(length / 2)] : positions(length - edge);
        const each = Array.from(chunks, function(chunk, n) {
            const key = chunk * 1e7 + shards[n];
            if (!known.has(key)) known.set(key, met(chunk, shards[n], edge, starts, length));
            return known.get(key);
        });
        return {each: each, asked: edge};
    }

    /* The mean of a function of the number of chunks met, in the layout at a place. */
    function mean(axes, n, of) {
        let total = 0;
        for (let more = 0; more < 8; ++more) {
            const bits = [more >> 2 & 1, more >> 1 & 1, more & 1];
            const [z, y, x] = axes.map((axis, a) => bits[a] ? axis.each[n].more : 1 - axis.each[n].more);
            const chance = z * y * x;
            if (chance === 0) continue;
            const [few, fewer, fewest] = axes.map((axis, a) => axis.each[n].few + bits[a]);
            total += chance * of(few * fewer * fewest);
        }
        return total;
    }

    /* The mean work of an access of a volume, in each of the layouts. */
    function expected(selected, shape, cuts) {
        const axes = shape.map((length, n) => along(selected[n], length, cuts.chunks[n], cuts.shards[n]));
        const times = what => column(cuts.count, n => axes[0].each[n][what] * axes[1].each[n][what] * axes[2].each[n][what]);
        const chunks = times('chunks'), shards = times('shards'), complete = times('complete');
        const objects = column(cuts.count, n => cuts.sharded[n] ? shards[n] : chunks[n]);
        return {
            axes: axes, cuts: cuts, parts: 1, asked: axes[0].asked * axes[1].asked * axes[2].asked,
            chunks: chunks, objects: objects, inside: times('inside'),
            split: column(cuts.count, n => objects[n] - (cuts.sharded[n] ? complete[n] : objects[n])),
            decoded: column(cuts.count, n => chunks[n] * cuts.size[n]),
            runs: column(cuts.count, n => axes[0].asked * axes[1].asked * axes[2].each[n].chunks),
            entries: column(cuts.count, n => cuts.sharded[n] ? objects[n] * cuts.within[n] : 0),
            longest: column(cuts.count, n => mean(axes, n, count => Math.ceil(count / rules.cores)) * cuts.size[n])
        };
    }

    /* Requests, bytes and round trips of an access, in the layout at a place. density: stored bytes of a voxel. */
    function fetches(done, n, density, concurrency, merges) {
        const cuts = done.cuts, gets = done.objects[n] - done.split[n], sharded = cuts.sharded[n];
        const index = sharded ? done.objects[n] * (rules.entry * cuts.within[n] + rules.checksum) : 0;
        const single = Math.max(done.chunks[n] - gets * cuts.within[n], 0);
        const ranges = !sharded ? 0 : merges ? done.split[n] : single;
        const rounds = sharded
            ? Math.ceil((gets + done.split[n]) / concurrency) + Math.ceil(ranges / concurrency)
            : mean(done.axes, n, count => Math.ceil(count / concurrency));
        return {gets: gets, indices: done.split[n], ranges: ranges, bytes: density * done.inside[n] + index, rounds: rounds};
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
        return sum;
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

    /* [GETs, indices, ranges, bytes] of what is wanted of a shard. */
    function ofShard(wanted, across, shape, layout, density, merges, known) {
        const shard = stored(wanted.map(one => one[0]), across, shape, layout, density, known);
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
        if (!known.has('order')) known.set('order', morton(across));
        if (!known.has(key)) {
            const order = known.get('order'), ends = [];
            const sizes = order.map(([z, y, x]) => density * (inside[0][z] * inside[1][y] * inside[2][x]));
            sizes.reduce((sum, one) => (ends.push(sum + one), sum + one), 0);
            known.set(key, {order: order, sizes: sizes, ends: ends, whole: ends[ends.length - 1]});
        }
        return known.get(key);
    }

    /* The chunks of a shard in z-order, with the bits of an axis that has no more left out. */
    function morton(across) {
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
