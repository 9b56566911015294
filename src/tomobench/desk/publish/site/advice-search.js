'use strict';

/* The search of tomobench plan, over the same lattice and in the same order: tomobench.desk.advise.plan.search and
   left_out. desk: of advice-estimate.js. What comes back is {candidates, compared, ties, either (by place), regret,
   leftOut (by name)}; {reason} where no layout is left. */

window.tomobenchSearch = function(desk) {
    const {data, question} = desk, {rules} = data, {general, fixed, even, sum} = window.tomobenchNumbers;
    const archive = !Object.keys(question.use.weights).length;
    const codecs = desk.ratios.single ? [0] : data.codecs.map((one, n) => n);
    const mib = nbytes => general(nbytes / Math.pow(2, 20), 4, true) + ' MiB';
    const kindOf = (format, sharded) => rules.kinds.findIndex(one => one[0] === format && one[1] === Boolean(sharded));
    const sameCut = (one, other) => String(one.chunks) === String(other.chunks) && String(one.shards) === String(other.shards);

    /* ---- What is left out ---- */

    function whyNot(kind, codec) {
        const format = rules.kinds[kind][0];
        if (data.impossible[desk.line + '|' + kind]) return data.impossible[desk.line + '|' + kind];
        if (!question.formats.includes(format)) return 'Zarr format ' + format + ' was not asked for';
        const readers = data.readers, place = kind * data.codecs.length + codec;
        return question.readers.map(name => readers.said[
            readers.tables[readers.closed[[name, desk.line, question.dtype].join('|')]][place]]).find(Boolean) || null;
    }

    const reasons = rules.kinds.map((one, kind) => data.codecs.map((_, codec) => whyNot(kind, codec)));

    function allowed(cuts, n, codec) {
        return reasons[kindOf(cuts.format[n], cuts.sharded[n])][codec] === null;
    }

    function kindsLeftOut() {
        const said = {};
        rules.kinds.forEach(function([format, sharded], kind) {
            const found = codecs.map(codec => reasons[kind][codec]);
            if (found.includes(null)) return;
            const name = 'format ' + format + (sharded ? ', sharded' : '');
            said[name] = name + ': ' + found[0];
        });
        return said;
    }

    function limited(sweep, kept, said) {
        const {limits, use} = question, {aims, cuts} = sweep;
        const beyond = {
            '--max-objects': [n => aims[n][1] <= limits.objects,
                              () => 'a tomogram of more than ' + fixed(limits.objects, 0, true) + ' objects'],
            '--max-chunk': [n => cuts.size[n] * desk.itemsize <= limits.chunk,
                            () => 'chunks of more than ' + mib(limits.chunk)],
            '--max-memory': [n => aims[n][4] <= limits.memory,
                             () => 'an access that needs more than ' + mib(limits.memory) + ' of memory'],
            'workers': [n => sweep.units[n] >= use.workers, () => 'fewer chunks or shards than ' + use.workers
                + ' workers, so that two would write into one']
        };
        Object.entries(beyond).forEach(function([name, [within, reason]]) {
            const left = kept.filter(within);
            if (left.length < kept.length) said[name] = fixed(kept.length - left.length, 0, true) + ' layouts: ' + reason();
            kept = left;
        });
        return kept;
    }

    /* ---- What comes first, and what is worth a line ---- */

    const sizeOf = nbytes => even(Math.log(nbytes) / rules.sameBytes);

    function order(aims) {
        const keys = aims.map(one => archive ? [sizeOf(one[2]), one[1], one[2]] : [one[0], one[1], one[2]]);
        const differ = (one, other) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
        return keys.map((_, n) => n).sort((one, other) => differ(keys[one], keys[other]) || one - other);
    }

    /* Of those whose time is that of the fastest, the one with the least product of objects, bytes and the time of writing. */
    function firstOf(aims, ordered) {
        if (archive) return ordered[0];
        const most = (1 + rules.tie) * aims[ordered[0]][0], product = one => one[1] * one[2] * one[5];
        return aims.reduce((best, one, n) =>
            one[0] <= most && (best < 0 || product(one) < product(aims[best])) ? n : best, -1);
    }

    /* Places in this order, each better in something than every one before it. */
    function front(aims, ordered, most) {
        const alive = new Uint8Array(aims.length).fill(1), found = [], factors = rules.worth.map(one => 1 + one);
        for (const place of ordered) {
            if (!alive[place]) continue;
            found.push(place);
            if (found.length === most) break;
            const mine = aims[place];
            aims.forEach(function(other, n) {
                if (alive[n] && mine.every((value, k) => value <= other[k] * factors[k])) alive[n] = 0;
            });
        }
        return found;
    }

    const aimsOf = one => [archive ? one.write.seconds[0] : one.seconds[0], one.objects[0], one.stored[0],
                           one.requests || 0, one.memory, one.write.seconds[0]];

    function onFront(one, others) {
        const mine = aimsOf(one);
        return !others.map(aimsOf).some(theirs => theirs.every((value, n) => value <= mine[n])
                                        && theirs.some((value, n) => value < mine[n]));
    }

    /* How many times as long one of two takes as the other. */
    function apart(one, other) {
        const times = [one, other].map(each => archive ? each.write.seconds[0] : each.seconds[0]);
        return Math.max(...times) / Math.min(...times);
    }

    function chosen(aims, layouts) {
        const ordered = order(aims), first = firstOf(aims, ordered);
        const places = [...new Set([ordered[0], ...front(aims, [first, ...ordered], 2 * rules.lines)])];
        const closely = places.map(place => desk.candidate(layouts[place])), own = closely.map(aimsOf), again = order(own);
        const shown = front(own, [firstOf(own, again), ...again], own.length).map(place => closely[place]);
        const found = [];
        shown.forEach(function(one) {
            const twin = found.some(other => sameCut(one.layout, other.layout) && one.layout.codec === other.layout.codec
                && apart(one, other) < 1 + rules.tie);
            if (!twin) found.push(one);
        });
        return found.slice(0, rules.lines);
    }

    function ties(aims, layouts, first) {
        if (archive) return [];
        const near = layouts.map((one, n) => [Math.abs(Math.log(aims[n][0] / first.seconds[0])), n])
            .filter(([, n]) => !sameCut(layouts[n], first.layout) && layouts[n].codec === first.layout.codec
                && layouts[n].format === first.layout.format)
            .sort((one, other) => one[0] - other[0] || one[1] - other[1]);
        return near.slice(0, 6).filter(([off]) => off < rules.tie).map(([, n]) => desk.candidate(layouts[n]))
            .filter(one => Math.abs(one.seconds[0] / first.seconds[0] - 1) < rules.tie);
    }

    /* Whether the other Zarr format is as fast, and allowed. */
    function either(one) {
        const other = Object.assign({}, one.layout, {format: 5 - one.layout.format});
        if (one.layout.shards || reasons[kindOf(other.format, false)][other.codec] !== null) return false;
        return apart(desk.candidate(other), one) < 1 + rules.tie;
    }

    /* What each term of the use loses by the common layout. */
    function regretOf(best, several, first) {
        const terms = Object.entries(question.use.terms), found = {};
        if (terms.length < 2) return found;
        const alike = desk.sweep(best.cuts, first.layout.codec);
        terms.forEach(function([term, weights]) {
            const parts = Object.entries(weights), share = sum(Object.values(weights));
            const over = time => parts.reduce((total, [name, weight]) => total + weight * time(name), 0) / share;
            const mine = sum(parts.map(([name, weight]) => weight * first.accesses[name].seconds[0])) / share;
            let least = Infinity, layout = first.layout;
            [best, alike, ...several].forEach(function(sweep) {
                let place = -1, lowest = Infinity;
                for (let n = 0; n < sweep.cuts.count; ++n) {
                    const value = over(name => sweep.times[name][n]);
                    if (value < lowest) [place, lowest] = [n, value];
                }
                if (lowest < least) [least, layout] = [lowest, desk.lattice.layout(sweep.cuts, place, sweep.codec)];
            });
            found[term] = {times: Math.max(1, mine / least), best: least < mine ? layout : first.layout};
        });
        return found;
    }

    /* ---- The search ---- */

    const cuts = desk.lattice.cuts(question.shape, desk.itemsize), said = kindsLeftOut();
    const possible = Array.from({length: cuts.count}, (_, n) => n).filter(n => codecs.some(codec => allowed(cuts, n, codec)));
    const all = desk.sweep(cuts, 0), kept = limited(all, possible, said);
    if (!kept.length) return {reason: 'no layout is left: ' + Object.values(said).join('; ')};
    const taken = desk.lattice.take(cuts, kept);
    const best = {cuts: taken, codec: 0, aims: kept.map(n => all.aims[n]),
                  times: Object.fromEntries(Object.entries(all.times).map(([name, times]) =>
                      [name, Float64Array.from(kept, n => times[n])]))};
    const ordered = order(best.aims), first = firstOf(best.aims, ordered);
    const pool = desk.lattice.take(taken, [...new Set([first, ...ordered.slice(0, rules.pool),
                                                       ...front(best.aims, [first, ...ordered], rules.pool)])]);
    const several = codecs.map(codec => desk.sweep(desk.lattice.take(pool, Array.from({length: pool.count}, (_, n) => n)
        .filter(n => allowed(pool, n, codec))), codec)).filter(one => one.cuts.count);
    let aims = several.flatMap(one => one.aims);
    let layouts = several.flatMap(one => one.aims.map((_, n) => desk.lattice.layout(one.cuts, n, one.codec)));
    const smallest = Math.max(...codecs.map(codec => desk.ratio([64, 64, 64], codec)));
    const most = rules.spare * desk.voxels * desk.itemsize / smallest, spare = aims.map(one => one[2] <= most);
    if (spare.includes(true) && spare.includes(false)) {
        said.bytes = spare.filter(one => !one).length + ' ways to code what was tried closely: more than '
            + window.tomobenchNumbers.percent(rules.spare - 1) + ' more bytes than the smallest';
        aims = aims.filter((_, n) => spare[n]);
        layouts = layouts.filter((_, n) => spare[n]);
    }
    const shown = chosen(aims, layouts);
    shown.forEach(function(one) { one.front = onFront(one, shown); });
    return {
        candidates: shown, compared: kept.length, ties: ties(aims, layouts, shown[0]), either: shown.map(either),
        regret: regretOf(best, several, shown[0]), leftOut: said
    };
};
