'use strict';

/* The layout that somebody has, beside the one that comes first: tomobench.desk.advise.plan.current. layout: the present
   one. What comes back is {now, says}: its figures, and what changing brings and takes, a sentence each. */

window.tomobenchCurrent = function(desk, found, layout) {
    const {data, question} = desk, {general, fixed} = window.tomobenchNumbers, {time, size} = window.tomobenchWords;
    const said = window.tomobenchSaid(desk, found), now = desk.candidate(layout), first = found.candidates[0];
    const names = Object.keys(question.use.weights), archive = !names.length, many = question.tomograms;
    const forbidden = found.forbids(now), faster = now.seconds[0] / first.seconds[0], tie = faster < 1 + data.rules.assumed;

    /* Reading a tomogram whole from one layout, and writing it in the other. */
    function conversion() {
        const whole = Object.assign({}, question, {use: {name: 'whole', weights: {whole: 1}, terms: {whole: {whole: 1}}, workers: 1}});
        const mine = window.tomobenchEstimate(data, desk.of, whole), one = mine.candidate(layout), read = one.accesses.whole;
        const gets = read.requests[0] - read.heads, heads = read.heads, puts = first.objects[0];
        const less = Math.trunc(one.stored[0] - first.stored[0]);
        return {
            seconds: read.seconds[0] + first.write.seconds[0], gets: gets, heads: heads, puts: puts,
            requests: mine.requestsCost({get: Math.trunc(gets), head: Math.trunc(heads), put: puts}),
            transfer: mine.gigabytes('fetched', read.bytes[0]),
            kept: mine.gigabytes('stored_for_a_month', Math.abs(less) * many) * Math.sign(less)
        };
    }

    function duration(seconds) {
        if (seconds < 60) return time(seconds);
        return seconds < 5400 ? general(seconds / 60, 3) + ' minutes' : general(seconds / 3600, 3) + ' hours';
    }

    /* Python writes out decimals from a millionth on. */
    function money(amount) {
        if (amount >= 0.005) return '$' + fixed(amount, 2, true);
        const said = general(amount, 1), power = Number(said.split('e')[1] || 0);
        return '$' + (power < -6 ? said.replace('e-0', 'e-') : power ? fixed(amount, -power) : said);
    }

    function brings() {
        const objects = fixed(first.objects[0], 0, true) + ' objects instead of ' + fixed(now.objects[0], 0, true);
        const room = size(first.stored[0]) + ' instead of ' + size(now.stored[0]);
        if (archive) return said.named(first.layout) + ' keeps it in ' + room + ', ' + objects + '.';
        const times = time(now.seconds[0]) + ' now, ' + time(first.seconds[0]) + ' then';
        if (tie) {
            return said.named(first.layout) + ' comes first for ' + question.use.name + ', and is no faster beyond the noise '
                + 'of times (' + times + '); ' + objects + ', ' + room + '.';
        }
        return said.named(first.layout) + ' is ' + general(faster, 3) + ' times as fast for ' + question.use.name + ' ('
            + times + '); ' + objects + ', ' + room + '.';
    }

    function takes() {
        const one = conversion(), gained = now.seconds[0] - first.seconds[0];
        let text = 'Converting ' + (many === 1 ? 'it' : fixed(many, 0, true) + ' of them') + ' takes '
            + duration(one.seconds * many) + ' by one process';
        if (desk.far) {
            text += ', ' + fixed(one.gets * many, 0, true) + ' GETs'
                + (one.heads ? ', ' + fixed(one.heads * many, 0, true) + ' HEADs' : '')
                + ' and ' + fixed(one.puts * many, 0, true) + ' PUTs ('
                + money(one.requests * many) + ' of requests; ' + money(one.transfer * many) + ' more where the bytes leave '
                + 'the region), and ' + (one.kept >= 0 ? 'saves ' : 'adds ') + money(Math.abs(one.kept)) + ' a month';
        }
        if (!names.some(name => name !== 'write') || forbidden) return text + '.';  // what is written anew needs no conversion
        const [once, often] = names.includes('write') ? ['access', 'accesses'] : ['read', 'reads'];
        if (tie || gained <= 0) return text + '; no number of ' + often + ' pays for that.';
        const reads = one.seconds / gained;
        return text + '; it has paid in time after ' + (reads <= 1 ? 'one ' + once : fixed(reads, 0, true) + ' ' + often)
            + ' of a tomogram.';
    }

    /* Whether it is the first layout, or differs from it in the Zarr format alone, which makes no difference. */
    const same = String(layout.chunks) === String(first.layout.chunks) && layout.codec === first.layout.codec
        && String(layout.shards) === String(first.layout.shards)
        && (layout.format === first.layout.format || found.either[0]);

    function sentences() {
        if (same) return [said.named(layout) + ' is what comes first: leave it as it is.'];
        const must = forbidden ? [said.named(layout) + ' has to be converted: ' + forbidden + '.'] : [];
        return [...must, brings(), takes()];
    }

    return {now: now, says: sentences()};
};
