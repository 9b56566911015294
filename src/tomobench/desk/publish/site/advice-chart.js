'use strict';

/* A scatter plot with logarithmic axes, as SVG. What overlaps is left without a label; the titles have them all.

   points: [{x, y, label, title, front, best, now, sharded}]; options: {x, y: {name, say(value)}}. */

window.tomobenchChart = function(place, points, options) {
    const wide = Math.max(300, Math.min(place.clientWidth, 900)), high = wide < 500 ? 340 : 420;
    const box = {left: 68, right: wide - 16, top: 14, bottom: high - 44};
    const svg = make('svg', {
        viewBox: '0 0 ' + wide + ' ' + high, width: wide, height: high, role: 'img',
        'aria-label': options.y.name + ' against ' + options.x.name + ', logarithmic axes'
    });
    const x = scale(points.map(one => one.x), box.left, box.right - (wide < 500 ? 40 : 90));
    const y = scale(points.map(one => one.y), box.bottom - 10, box.top + 10);

    function make(name, attributes, text) {
        const element = document.createElementNS('http://www.w3.org/2000/svg', name);
        Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
        if (text !== undefined) element.textContent = text;
        return element;
    }

    /* A logarithmic scale over the values and a little more, with its ticks. */
    function scale(values, from, to) {
        const least = Math.log10(Math.min(...values)), most = Math.log10(Math.max(...values));
        const spare = Math.max(0.06, (most - least) * 0.04);
        const low = least - spare, high = most + spare;
        const at = value => from + (Math.log10(value) - low) / (high - low) * (to - from);
        return {at: at, ticks: ticksBetween(Math.pow(10, low), Math.pow(10, high))};
    }

    /* Round values: of a decade, or (where there are not even two) of equal steps. */
    function ticksBetween(low, high) {
        for (const steps of [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8]]) {
            const ticks = [];
            for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); ++power) {
                ticks.push(...steps.map(step => Number((step * Math.pow(10, power)).toPrecision(3)))
                    .filter(one => one >= low && one <= high));
            }
            if (ticks.length >= 3) return ticks;
        }
        const power = Math.pow(10, Math.floor(Math.log10((high - low) / 2)));
        const step = [5, 2, 1].map(one => one * power).find(one => (high - low) / one >= 2);
        const first = Math.ceil(low / step);
        return [...Array(Math.floor(high / step) - first + 1).keys()].map(n => (first + n) * step);
    }

    const brush = document.createElement('canvas').getContext('2d');
    function widthOf(text, weight) {
        brush.font = weight + ' 11px Arial, "DejaVu Sans", sans-serif';
        return brush.measureText(text).width;
    }

    function axes() {
        let free = 0;
        x.ticks.forEach(function(value) {
            const half = widthOf(options.x.say(value), 'normal') / 2;
            svg.append(make('line', {x1: x.at(value), x2: x.at(value), y1: box.top, y2: box.bottom, class: 'grid'}));
            if (x.at(value) - half < free || x.at(value) + half > wide) return;
            free = x.at(value) + half + 6;
            svg.append(make('text', {x: x.at(value), y: box.bottom + 16, class: 'tick', 'text-anchor': 'middle'},
                            options.x.say(value)));
        });
        y.ticks.forEach(function(value) {
            svg.append(make('line', {x1: box.left, x2: box.right, y1: y.at(value), y2: y.at(value), class: 'grid'}),
                       make('text', {x: box.left - 6, y: y.at(value) + 4, class: 'tick', 'text-anchor': 'end'},
                            options.y.say(value)));
        });
        svg.append(make('rect', {x: box.left, y: box.top, width: box.right - box.left,
                                 height: box.bottom - box.top, class: 'frame'}),
                   make('text', {x: (box.left + box.right) / 2, y: high - 6, class: 'axis', 'text-anchor': 'middle'},
                        options.x.name + ' (logarithmic)'),
                   make('text', {transform: 'translate(13 ' + (box.top + box.bottom) / 2 + ') rotate(-90)',
                                 class: 'axis', 'text-anchor': 'middle'}, options.y.name + ' (logarithmic)'));
    }

    /* The steps below which nothing lies in the two figures that are shown. */
    function edge() {
        const order = points.slice().sort((one, other) => one.x - other.x || one.y - other.y);
        let lowest = Infinity, path = '';
        order.forEach(function(one) {
            if (one.y >= lowest) return;
            path += (path ? 'L' + x.at(one.x) + ' ' + y.at(lowest) + 'L' : 'M') + x.at(one.x) + ' ' + y.at(one.y);
            lowest = one.y;
        });
        svg.append(make('path', {d: path, class: 'edge'}));
    }

    function mark(one) {
        const size = one.best ? 9 : one.front ? 6.5 : 5, px = x.at(one.x), py = y.at(one.y);
        const kind = ['mark', one.front ? 'front' : 'behind', one.best ? 'best' : '', one.now ? 'now' : ''];
        const attributes = {class: kind.join(' ').trim()};
        if (one.best) return make('path', Object.assign({d: star(px, py, 11)}, attributes));
        if (!one.sharded) return make('circle', Object.assign({cx: px, cy: py, r: size}, attributes));
        return make('rect', Object.assign({x: px - size, y: py - size, width: 2 * size, height: 2 * size}, attributes));
    }

    function star(px, py, size) {
        const corners = [...Array(10).keys()].map(function(n) {
            const radius = n % 2 ? size * 0.45 : size, angle = Math.PI * (n / 5 - 0.5);
            return (px + radius * Math.cos(angle)).toFixed(1) + ' ' + (py + radius * Math.sin(angle)).toFixed(1);
        });
        return 'M' + corners.join('L') + 'Z';
    }

    /* Where a label fits: beside its point, clear of points and labels, and of the dashed line; else nowhere. */
    const taken = points.map(one => [x.at(one.x) - 7, y.at(one.y) - 7, x.at(one.x) + 7, y.at(one.y) + 7]);
    function label(one) {
        const px = x.at(one.x), py = y.at(one.y), length = widthOf(one.label, one.best ? 'bold' : 'normal');
        const near = [[1, -9], [1, 17], [-1, 17], [-1, -9], [1, 4], [-1, 4], [1, -22], [1, 30]];
        // The best is named, however crowded it is around it: if need be above or below, as near as there is room.
        const farther = one.best ? [-16, 24, -30, 38, -44, 52, -58, 66, -72, 80, -86, 94, -100, 108] : [];
        const middle = Math.max(box.left + 3, Math.min(px - length / 2, box.right - length - 1));
        for (const [side, dy] of [...near, ...farther.map(far => [0, far])]) {
            const start = side > 0 ? px + 13 : side < 0 ? px - 13 - length : middle;
            const area = [start, py + dy - 10, start + length, py + dy + 2];
            const free = start > box.left + 2 && start + length < box.right && area[1] > box.top
                && area[3] < box.bottom && taken.every(other => area[2] < other[0] || other[2] < area[0]
                                                               || area[3] < other[1] || other[3] < area[1]);
            if (free) {
                taken.push(area);
                return make('text', {x: start, y: py + dy, class: one.best ? 'name best-name' : 'name'}, one.label);
            }
        }
        return '';
    }

    axes();
    edge();
    const rank = one => (one.front ? 1 : 0) + (one.now ? 2 : 0) + (one.best ? 4 : 0);
    const order = points.slice().sort((one, other) => rank(one) - rank(other));
    /* The best first; what is cut alike and coded otherwise is named once. */
    const named = order.slice().reverse().filter((one, n, all) => (one.front || one.now || one.best)
        && all.findIndex(other => other.label === one.label) === n);
    const names = new Map(named.map(one => [one, label(one)]));
    order.forEach(function(one) {
        const group = make('g', {class: 'point'});
        group.append(make('title', {}, one.title), mark(one), names.get(one) || '');
        svg.append(group);
    });
    place.replaceChildren(svg);
};
