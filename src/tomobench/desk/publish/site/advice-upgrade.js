'use strict';

/* A layout in two releases of zarr: opening, a slice, all of it, writing, memory.

   before, after: {version, of: the release's data (advice_data.of_release)}. What comes back is {reason} where one of the
   two can't do it, else {sentence, rows: [{name, before, after, times, same, say: 'time' or 'bytes', how, off: how far off
   half of such figures are}]}. */

window.tomobenchUpgrade = function(data, question, layout, before, after) {
    /* Traced memory moves by a few hundred bytes: what differs by less is the same. */
    const SAME = 0.01;
    const {fixed} = window.tomobenchNumbers, kind = data.rules.kinds.findIndex(one =>
        one[0] === layout.format && one[1] === Boolean(layout.shards));
    const sides = [before, after].map(side => Object.assign({}, side, {
        line: data.releases.find(one => one[0] === side.version)[1]
    }));
    const unable = sides.find(side => data.impossible[side.line + '|' + kind]);
    if (unable) return {reason: data.impossible[unable.line + '|' + kind] + ': zarr ' + unable.version + ' has no such store.'};

    const asked = {name: 'xy,whole', weights: {xy: 1, whole: 1}, terms: {}, workers: 1};
    const found = sides.map(function(side) {
        const desk = window.tomobenchEstimate(data, side.of, Object.assign({}, question, {release: side.version, use: asked}));
        const one = desk.candidate(layout);
        return {slice: one.accesses.xy.seconds, whole: one.accesses.whole.seconds, write: one.write.seconds,
                off: name => desk.errors(name)};
    });
    const size = one => one[0] * one[1] * one[2];

    /* What was measured of the layout, or of the one of its kind whose chunks are nearest in size; null without any. */
    function nearest(measured) {
        const far = one => Math.abs(Math.log(size(one.chunks) / size(layout.chunks)))
            + (String(one.chunks) === String(layout.chunks) ? 0 : 1e-9);
        const alike = measured.filter(one => one.kind === kind);
        return alike.length ? alike.reduce((best, one) => far(one) < far(best) ? one : best) : null;
    }

    function row(name, say, figures, off, how) {
        const [one, other] = figures, times = other / one;
        return {name: name, say: say, before: one, after: other, times: times, how: how, off: off,
                same: Math.max(times, 1 / times) < 1 + (how === 'exact' ? SAME : Math.max(noise, off))};
    }

    const rows = [], noise = data.rules.assumed, opened = sides.map(side => side.of.opening[layout.format]);
    if (!opened.includes(undefined)) rows.push(row('opening', 'time', opened, noise, 'measured'));
    [['slice', 'an XY slice', 'xy'], ['whole', 'all of it', 'whole'], ['write', 'writing it', 'write']].forEach(([key, name, access]) => {
        const figures = found.map(one => one[key]), modelled = figures.some(one => one[1] === 'modelled');
        const off = Math.max(...found.map(one => (one.off(access) || {median: noise}).median));
        rows.push(row(name, 'time', figures.map(one => one[0]), modelled ? off : noise, modelled ? 'modelled' : 'measured'));
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

    const moved = rows.map(said).filter(Boolean), same = rows.filter(one => one.same).map(one => one.name);
    return {
        rows: rows,
        sentence: [moved.join('; '), same.length ? 'no difference beyond the noise: ' + same.join(', ') : '']
            .filter(Boolean).join('; ').replace(/^./, one => one.toUpperCase()) + '.'
    };
};
