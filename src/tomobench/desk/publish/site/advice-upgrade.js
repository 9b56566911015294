'use strict';

/* A layout in two releases of zarr: opening, a slice, all of it, writing, memory.

   before, after: {version, of: the release's data (advice_data.of_release)}. What comes back is {reason} where one of the
   two can't do it, else {sentence, rows: [{name, before, after, times, same, say: 'time' or 'bytes', how, off: how far off
   half of such figures are}]}. Without times that can be compared, the sentence says why. */

window.tomobenchUpgrade = function(data, question, layout, before, after) {
    /* Traced memory moves by a few hundred bytes: what differs by less is the same. */
    const SAME = 0.01, far = question.storage.kind === 's3';
    const {fixed, percent} = window.tomobenchNumbers, kind = data.rules.kinds.findIndex(one =>
        one[0] === layout.format && one[1] === Boolean(layout.shards));
    const sides = [before, after].map(side => Object.assign({}, side, {
        line: data.releases.find(one => one[0] === side.version)[1]
    }));
    const unable = sides.find(side => data.impossible[side.line + '|' + kind]);
    if (unable) return {reason: data.impossible[unable.line + '|' + kind] + ': zarr ' + unable.version + ' has no such store.'};

    const asked = {name: 'xy,whole', weights: {xy: 1, whole: 1}, terms: {}, workers: 1};
    const apart = incomparable();
    const both = apart ? [] : sides.map((side, n) => beside(side.of, sides[1 - n]));
    const found = both.map(function(of, n) {
        const desk = window.tomobenchEstimate(data, of, Object.assign({}, question, {release: sides[n].version, use: asked}));
        const one = desk.candidate(layout);
        return {slice: one.accesses.xy.seconds, whole: one.accesses.whole.seconds, write: one.write.seconds,
                off: name => desk.errors(name)};
    });
    const size = one => one[0] * one[1] * one[2];

    /* Why no times are compared; null where they are. */
    function incomparable() {
        if (window.tomobenchCompares(before.of, after.version, far)) return null;
        const never = far ? sides.filter(side => !side.of.far) : [];
        if (never.length) {
            return 'times over S3 can’t be compared: zarr ' + never.map(side => side.version).join(' and ')
                + (never.length > 1 ? ' were' : ' was') + ' not timed there';
        }
        const volumes = side => side.version + ' on '
            + (side.of.measured.filter(one => Object.values(one.times).some(times => Object.keys(times).length))
                .map(one => one.volume).join(', ') || 'none');
        return 'times can’t be compared: measured on different volumes or layouts (' + sides.map(volumes).join('; ') + ')';
    }

    /* A release's data with the times that the other has, too, and what is fitted to them. */
    function beside(of, other) {
        const has = (volume, name, key) => other.of.measured.some(one =>
            one.volume === volume && key in (one.times[name] || {}));
        const measured = of.measured.map(one => Object.assign({}, one, {times: Object.fromEntries(
            Object.entries(one.times).map(([name, times]) => [name, Object.fromEntries(
                Object.entries(times).filter(([key]) => has(one.volume, name, key)))]))}));
        const shared = measured.filter(one => other.of.measured.some(two => two.volume === one.volume));
        return Object.assign({}, of, of.fits[of.against[other.version]], {measured: shared});
    }

    /* How many times as long an access takes in the middle one of the cells that both were timed in, of the layout's kind
       where there are such; undefined without any. */
    function shown(access) {
        const name = data.uses.suites[access], [one, other] = both.map(of => Object.fromEntries(of.measured.flatMap(
            volume => Object.entries(volume.times[name] || {}).map(([key, time]) => [volume.volume + ' ' + key, time]))));
        const cut = new RegExp(' zarr' + layout.format + '-[^-]*-' + (layout.shards ? 'in-' : '(?!in-)'));
        const keys = Object.keys(one), alike = keys.filter(key => cut.test(key));
        const ratios = (alike.length ? alike : keys).map(key => other[key] / one[key]).sort((a, b) => a - b);
        return ratios[ratios.length >> 1];
    }

    /* What was measured of the layout, or of the one of its kind whose chunks are nearest in size; null without any. */
    function nearest(measured) {
        const far = one => Math.abs(Math.log(size(one.chunks) / size(layout.chunks)))
            + (String(one.chunks) === String(layout.chunks) ? 0 : 1e-9);
        const alike = measured.filter(one => one.kind === kind);
        return alike.length ? alike.reduce((best, one) => far(one) < far(best) ? one : best) : null;
    }

    /* seen: the change that was measured where the figures are modelled, or raced where they are of single runs. What it
       does not show is the model's own, or the machine's. */
    function row(name, say, figures, off, how, seen) {
        const [one, other] = figures, times = other / one, least = 1 + (how === 'exact' ? SAME : Math.max(data.noise, off));
        const within = ratio => ratio < least && 1 / ratio < least;
        return {name: name, say: say, before: one, after: other, times: times, how: how, off: off,
                same: within(times) || seen !== undefined && within(seen)};
    }

    const rows = [], usual = data.rules.assumed, opened = sides.map(side => side.of.opening[layout.format]);
    const raced = [before, after].map(side => data.raced[side.version]);
    const opens = raced.includes(undefined) ? undefined : raced[1] / raced[0];
    if (!opened.includes(undefined)) rows.push(row('opening', 'time', opened, usual, 'measured', opens));
    const timed = apart ? [] : [['slice', 'an XY slice', 'xy'], ['whole', 'all of it', 'whole'], ['write', 'writing it', 'write']];
    timed.forEach(([key, name, access]) => {
        const figures = found.map(one => one[key]), modelled = figures.some(one => one[1] === 'modelled');
        const off = Math.max(...found.map(one => (one.off(access) || {median: usual}).median));
        // Over S3 no cells are in the data.
        const seen = modelled && !far ? shown(access) : undefined;
        rows.push(row(name, 'time', figures.map(one => one[0]), modelled ? off : usual, modelled ? 'modelled' : 'measured', seen));
    });
    const held = sides.map(side => nearest(side.of.memory));
    const alike = held.every(Boolean) && held[0].layout === held[1].layout;
    if (alike) rows.push(row('memory of reading all, counted on ' + held[0].layout, 'bytes', held.map(one => one.bytes), 0, 'exact'));

    function said(one) {
        const much = one.say === 'bytes' ? ' times as much' : ' times as long';
        if (one.same) return null;
        return one.say === 'time' && one.times < 1 ? one.name + ' is ' + fixed(1 / one.times, 2) + ' times as fast'
            : one.name + ' takes ' + fixed(one.times, 2) + much;
    }

    const still = 'no difference beyond the noise (times: ' + percent(data.noise) + '): ';
    const moved = rows.map(said).filter(Boolean), same = rows.filter(one => one.same).map(one => one.name);
    return {
        rows: rows,
        sentence: [moved.join('; '), same.length ? still + same.join(', ') : '', apart]
            .filter(Boolean).join('; ').replace(/^./, one => one.toUpperCase()) + '.'
    };
};

/* Whether the times of a release (its data) can be compared with another's; far: over S3. */
window.tomobenchCompares = function(of, version, far) {
    const fit = of.fits[of.against[version]];
    return Boolean(fit) && (!far || fit.far);
};
