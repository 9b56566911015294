'use strict';

/* The search of tomobench plan, over the same lattice and in the same order: tomobench.desk.advise.plan.search, limits and
   left_out. desk: of advice-estimate.js. What comes back is {candidates, compared, ties, either (by place), regret,
   compressed, leftOut (by name), forbids (why a layout that somebody has can't stay)}; {reason} where no layout is left.
   A page takes the steps one by one, and stays awake between them. */

window.tomobenchSearch = function(desk) {
    const steps = window.tomobenchSearchSteps(desk);
    for (;;) {
        const {done, value} = steps.next();
        if (done) return value;
    }
};

window.tomobenchSearchSteps = function*(desk) {
    const {data, question} = desk, {rules} = data, {fixed, percent, even, sum} = window.tomobenchNumbers;
    const archive = !Object.keys(question.use.weights).length;
    const codecs = desk.ratios.single ? [0] : data.codecs.map((one, n) => n);
    const size = nbytes => nbytes < Math.pow(2, 20) ? fixed(nbytes, 0, true) + ' bytes' : window.tomobenchWords.size(nbytes);
    const kindOf = (format, sharded) => rules.kinds.findIndex(one => one[0] === format && one[1] === Boolean(sharded));
    const sameCut = (one, other) => String(one.chunks) === String(other.chunks) && String(one.shards) === String(other.shards);

    /* ---- What is left out ---- */

    function whyNot(kind, codec) {
        const format = rules.kinds[kind][0];
        if (data.impossible[desk.line + '|' + kind]) return data.impossible[desk.line + '|' + kind];
        if (!question.formats.includes(format)) return 'Zarr format ' + format + ' was not asked for';
        const readers = data.readers, {name: coded, shuffle} = desk.codecs[codec], several = readers.codecs || [];
        const place = kind * several.length + several.indexOf(coded + '|' + shuffle);
        return question.readers.map(name => readers.said[
            readers.tables[readers.closed[[name, desk.line, question.dtype].join('|')]][place]]).find(Boolean) || null;
    }

    const reasons = rules.kinds.map((one, kind) => data.codecs.map((_, codec) => whyNot(kind, codec)));

    /* Whether the layout at a place may be used in one of the codecs. */
    function allowing(cuts, several) {
        const open = [2, 3].map(format => [0, 1].map(sharded =>
            several.some(codec => (reasons[kindOf(format, sharded)] || [])[codec] === null)));
        return n => open[cuts.format[n] - 2][cuts.sharded[n]];
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

    const {limits, use} = question;

    /** By name: whether a layout, [objects, bytes of a chunk's voxels, bytes of memory, chunks or shards], is within a limit;
       and what is said of others.
       @type {{[name: string]: [(takes: number[]) => boolean, () => string]}} */
    const rulesOfLimits = {
        '--max-objects': [([objects]) => objects <= limits.objects,
                          () => 'a tomogram of more than ' + fixed(limits.objects, 0, true) + ' objects'],
        '--max-chunk': [([, chunk]) => chunk <= limits.chunk, () => 'chunks of more than ' + size(limits.chunk)],
        '--max-memory': [([, , memory]) => memory <= limits.memory,
                         () => 'an access that needs more than ' + size(limits.memory) + ' of memory'],
        'workers': [([, , , units]) => units >= use.workers, () => 'fewer chunks or shards than ' + use.workers
            + ' workers, so that two would write into one']
    };

    function limited(sweep, kept, said) {
        const {aims: [, objects, , , memory], cuts} = sweep;
        Object.entries(rulesOfLimits).forEach(function([name, [within, reason]]) {
            const left = kept.filter(n => within([objects[n], cuts.size[n] * desk.itemsize, memory[n], sweep.units[n]]));
            if (left.length < kept.length) said[name] = fixed(kept.length - left.length, 0, true) + ' layouts: ' + reason();
            kept = left;
        });
        return kept;
    }

    /* The limit that a layout exceeds, estimated closely, in words; null for none. */
    function beyond(one) {
        const {chunks, shards} = one.layout, chunk = chunks.reduce((all, edge) => all * edge) * desk.itemsize;
        const takes = [one.objects[0], chunk, one.memory, desk.lattice.units(question.shape, ...(shards || chunks))];
        const over = Object.values(rulesOfLimits).find(([within]) => !within(takes));
        return over ? over[1]() : null;
    }

    /* Why the question rules out a layout that somebody has, in words; null where it does not. now: its figures. */
    function forbids(now) {
        return whyNot(kindOf(now.layout.format, now.layout.shards), now.layout.codec) || beyond(now);
    }

    const allowed = layout => reasons[kindOf(layout.format, layout.shards)][layout.codec] === null;

    /* Layouts that are estimated one by one, each once: what a sweep has of memory is the least that there can be. */
    const estimates = new Map();

    function closely(layout) {
        const {chunks, shards, format, codec} = layout, key = [chunks, shards, format, codec].join('|');
        if (!estimates.has(key)) estimates.set(key, desk.candidate(layout));
        return estimates.get(key);
    }

    /* Whether the question's readers and formats allow a layout, and it takes no more than was allowed. */
    const mayName = layout => allowed(layout) && beyond(closely(layout)) === null;

    /* How many were not within the limits, in words. */
    function closelySaid() {
        const over = [...estimates.values()].map(beyond).filter(Boolean);
        return over.length ? {closely: fixed(over.length, 0, true) + ' ways to code what was tried closely: ' + over[0]} : {};
    }

    /* ---- What comes first, and what is worth a line. aims: six columns, as of a sweep ---- */

    const sizeOf = nbytes => even(Math.log(nbytes) / rules.sameBytes);
    const places = count => Array.from({length: count}, (_, n) => n);
    const pick = (columns, which) => columns.map(one => Float64Array.from(which, n => one[n]));

    function order([times, objects, stored]) {
        const first = archive ? stored.map(sizeOf) : times;
        return places(times.length).sort((one, other) => first[one] - first[other] || objects[one] - objects[other]
            || stored[one] - stored[other] || one - other);
    }

    /* Of those whose time is that of the fastest, the one with the least product of objects, bytes and the time of writing. */
    function firstOf([times, objects, stored, , , written], ordered) {
        if (archive) return ordered[0];
        const most = (1 + rules.tie) * times[ordered[0]], product = n => objects[n] * stored[n] * written[n];
        return places(times.length).filter(n => times[n] <= most)
            .reduce((best, n) => product(n) < product(best) ? n : best);
    }

    /* Places in this order, each better in something than every one before it. */
    function front(aims, ordered, most) {
        const easier = aims.map((one, k) => one.map(value => value * (1 + rules.worth[k]))), found = [];
        let left = Int32Array.from(ordered);
        while (left.length && found.length < most) {
            const mine = aims.map(one => one[left[0]]);
            found.push(left[0]);
            left = left.filter(function(n) {
                for (let k = 0; k < mine.length; ++k) if (mine[k] > easier[k][n]) return true;
                return false;
            });
        }
        return found;
    }

    const aimsOf = one => [archive ? one.write.seconds[0] : one.seconds[0], one.objects[0], one.stored[0],
                           one.requests || 0, one.memory, one.write.seconds[0]];

    /* The same of candidates, as columns. */
    const columnsOf = candidates => rules.worth.map((_, k) => Float64Array.from(candidates, one => aimsOf(one)[k]));

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

    /* The layouts that each codec is tried on, by their places: the best ones, and those best in something, of those that are
       within the limits in one codec or another. */
    function* poolOf(best) {
        let left = places(best.cuts.count);
        while (left.length) {
            yield;
            const aims = pick(best.aims, left), ordered = order(aims), first = firstOf(aims, ordered);
            const pool = [...new Set([first, ...ordered.slice(0, rules.pool), ...front(aims, [first, ...ordered], rules.pool)])]
                .map(n => left[n]);
            if (limits.memory === Infinity) return pool;  // the sweep knows the rest
            const over = new Set(pool.filter(n => !codecs.some(codec => mayName(desk.lattice.layout(best.cuts, n, codec)))));
            if (!over.size) return pool;
            left = left.filter(n => !over.has(n));
        }
        return left;
    }

    /* The layouts that are shown, estimated one by one, and within the limits; none where no layout is. */
    function* chosen(aims, layouts) {
        let left = places(layouts.length);
        while (left.length) {
            yield;
            const tried = triedOf(pick(aims, left)).map(n => left[n]), over = new Set(tried.filter(n => !mayName(layouts[n])));
            if (!over.size) return shownOf(tried.map(n => closely(layouts[n])));
            left = left.filter(n => !over.has(n));
        }
        return [];
    }

    function triedOf(aims) {
        const ordered = order(aims), first = firstOf(aims, ordered);
        return [...new Set([ordered[0], ...front(aims, [first, ...ordered], 2 * rules.lines)])];
    }

    function shownOf(tried) {
        const own = columnsOf(tried), ordered = order(own);
        const shown = front(own, [firstOf(own, ordered), ...ordered], tried.length).map(place => tried[place]);
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
        const near = layouts.map((one, n) => [Math.abs(Math.log(aims[0][n] / first.seconds[0])), n])
            .filter(([off, n]) => !sameCut(layouts[n], first.layout) && layouts[n].codec === first.layout.codec
                && layouts[n].format === first.layout.format && off < rules.tie)
            .sort((one, other) => one[0] - other[0] || one[1] - other[1]), found = [];
        near.forEach(function([, n]) {
            if (found.length < 6 && mayName(layouts[n])) found.push(closely(layouts[n]));
        });
        return found.filter(one => Math.abs(one.seconds[0] / first.seconds[0] - 1) < rules.tie);
    }

    /* The best that is compressed, where the named one is not: of those that spare at least half of what can be spared. */
    function compressedOf(aims, layouts, first) {
        const plain = layout => desk.codecs[layout.codec].name === 'none', most = (first.stored[0] + Math.min(...aims[2])) / 2;
        let small = plain(first.layout) ? places(layouts.length).filter(n => aims[2][n] <= most && !plain(layouts[n])) : [];
        while (small.length) {
            const own = pick(aims, small), best = small[firstOf(own, order(own))];
            if (mayName(layouts[best])) return closely(layouts[best]);
            small = small.filter(n => n !== best);
        }
        return null;
    }

    /* Whether the other Zarr format is as fast, and allowed. */
    function either(one) {
        const other = Object.assign({}, one.layout, {format: 5 - one.layout.format});
        if (one.layout.shards || !mayName(other)) return false;
        return apart(closely(other), one) < 1 + rules.tie;
    }

    /* What each term of the use loses by the common layout. */
    function regretOf(best, several, first) {
        const terms = Object.entries(question.use.terms), found = {};
        if (terms.length < 2) return found;
        const sweeps = [best, desk.sweep(best.cuts, first.layout.codec), ...several];
        terms.forEach(function([term, weights]) {
            const parts = Object.entries(weights), share = sum(Object.values(weights));
            const over = time => parts.reduce((total, [name, weight]) => total + weight * time(name), 0) / share;
            const mine = sum(parts.map(([name, weight]) => weight * first.accesses[name].seconds[0])) / share;
            const times = sweeps.map(sweep => Float64Array.from(places(sweep.cuts.count), n =>
                sweep.aims[4][n] <= limits.memory ? over(name => sweep.times[name][n]) : Infinity));
            const {least, layout} = quicker(sweeps, times, mine) || {least: mine, layout: first.layout};
            found[term] = {times: mine / least, best: layout};
        });
        return found;
    }

    /* The least of some times, of each sweep, of a layout that may be named, and that layout; null where that is no less. */
    function quicker(sweeps, times, most) {
        for (;;) {
            let least = most, which = -1, place = -1;
            times.forEach((own, k) => own.forEach(function(time, n) {
                if (time < least) [least, which, place] = [time, k, n];
            }));
            if (which < 0) return null;
            const layout = desk.lattice.layout(sweeps[which].cuts, place, sweeps[which].codec);
            if (mayName(layout)) return {least: least, layout: layout};
            times[which][place] = Infinity;
        }
    }

    /* ---- The search ---- */

    const cuts = desk.lattice.cuts(question.shape, desk.itemsize), said = kindsLeftOut();
    yield;
    const possible = places(cuts.count).filter(allowing(cuts, codecs));
    const all = desk.sweep(cuts, 0), kept = limited(all, possible, said);
    const best = {cuts: desk.lattice.take(cuts, kept), codec: 0, aims: pick(all.aims, kept),
                  times: Object.fromEntries(Object.entries(all.times).map(([name, one]) => [name, pick([one], kept)[0]]))};
    const pool = desk.lattice.take(best.cuts, yield* poolOf(best));
    if (!pool.count) return {reason: 'no layout is left: ' + Object.values(Object.assign(said, closelySaid())).join('; ')};
    yield;
    const several = codecs.map(codec => desk.sweep(desk.lattice.take(pool,
        places(pool.count).filter(allowing(pool, [codec]))), codec)).filter(one => one.cuts.count);
    const swept = rules.worth.map((_, k) => Float64Array.from(several.flatMap(one => [...one.aims[k]])));
    const coded = several.flatMap(one => places(one.cuts.count).map(n => desk.lattice.layout(one.cuts, n, one.codec)));
    const usable = codecs.filter(codec => reasons.some(kind => kind[codec] === null));
    const smallest = Math.max(...usable.map(codec => desk.ratio([64, 64, 64], codec)));
    const most = rules.spare * desk.voxels * desk.itemsize / smallest, part = test => places(coded.length).filter(test);
    const taken = which => [pick(swept, which), which.map(n => coded[n])];
    const large = taken(part(n => !(swept[2][n] <= most)));
    let [aims, layouts] = taken(part(n => swept[2][n] <= most));
    let shown = yield* chosen(aims, layouts);
    if (shown.length && large[1].length) {
        said.bytes = large[1].length + ' ways to code what was tried closely: more than '
            + percent(rules.spare - 1) + ' more bytes than the smallest';
    }
    if (!shown.length) {
        [aims, layouts] = large;
        shown = yield* chosen(aims, layouts);
    }
    Object.assign(said, closelySaid());
    yield;
    return {
        candidates: shown.map(one => Object.assign({}, one, {front: onFront(one, shown)})), compared: kept.length,
        ties: ties(aims, layouts, shown[0]), either: shown.map(either), regret: regretOf(best, several, shown[0]),
        compressed: compressedOf(aims, layouts, shown[0]), leftOut: said, forbids: forbids
    };
};
