'use strict';

/* The layouts in order for what is wanted, as tomobench.desk.advise.plan.candidates puts them, from the figures of a
   machine (advice/<n>.json).

   want: {volume, line, place, format, readers: [], weights: {access: how often}, archive}. What comes back is
   {rows, out}: the layouts that are left, the best first, each with the mean access and whether it is on the
   Pareto front; and those left out, [layout, reason]. */

window.tomobenchRank = function(data, want) {
    const SURE = ['exact', 'measured', 'modelled'];

    function leftOut(layout) {
        if (want.format && String(data.layouts[layout].format) !== want.format) {
            return 'Zarr format ' + want.format + ' was asked for';
        }
        const closed = data.closed[want.line + '|' + layout] || {};
        const reader = want.readers.find(one => closed[one]);
        return reader && closed[reader];
    }

    /* Requests, bytes and seconds of the mean access, each as sure as its least sure part. */
    function mean(row) {
        const weights = want.weights, names = Object.keys(weights);
        const sum = names.reduce((total, name) => total + weights[name], 0);
        const over = place => names.reduce(/** @returns {[number, string]} */ function(total, name) {
            const [value, how] = row.accesses[name][place];
            return [total[0] + value * weights[name] / sum, SURE[Math.max(SURE.indexOf(how), SURE.indexOf(total[1]))]];
        }, /** @type {[number, string]} */ ([0, SURE[0]]));
        const paid = place => names.reduce((total, name) =>
            total + row.costs[name][place] * weights[name] / sum, 0);
        return {requests: over(0), bytes: over(1), seconds: over(2), paid: row.costs ? [paid(0), paid(1)] : null};
    }

    /* As tomobench.desk.advise.plan.candidates puts them in order, and as it compares them for the front. */
    function order(row) {
        return want.archive ? [row.size, row.objects[0], row.stored[0]]
            : [row.seconds[0], row.objects[0], row.stored[0]];
    }

    function aims(row) {
        return [want.archive ? row.write[0] : row.seconds[0], row.objects[0], row.size, row.paid ? row.paid[0] : 0];
    }

    function compare(one, other) {
        const place = one.findIndex((value, n) => value !== other[n]);
        return place < 0 ? 0 : one[place] - other[place];
    }

    function beats(one, other) {
        return one.aims.every((value, n) => value <= other.aims[n])
            && one.aims.some((value, n) => value < other.aims[n]);
    }

    const left = [], out = [];
    data.answers[[want.volume, want.line, want.place].join('|')].rows.forEach(function(row) {
        const reason = leftOut(row.layout);
        if (reason) out.push([row.layout, reason]);
        else left.push(Object.assign({}, row, mean(row)));
    });
    left.forEach(function(one) { one.aims = aims(one); });
    left.sort((one, other) => compare(order(one), order(other)));
    left.forEach(function(one) { one.front = !left.some(other => beats(other, one)); });
    return {rows: left, out: out};
};
