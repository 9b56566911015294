'use strict';

/* How the Advice page says shapes, numbers, times and bytes. */

window.tomobenchWords = (function() {
    /* 64×64×64 is 64³. */
    function cut(shape) {
        return shape.every(one => one === shape[0]) ? shape[0] + '³' : shape.join('×');
    }

    function digits(value) {
        if (value >= 1000) return Math.round(value).toLocaleString('en-GB');
        return String(Number(value.toPrecision(3)));
    }

    /* 64×64×64, and none where there are no shards. */
    function cross(shape) {
        return shape ? shape.join('×') : 'none';
    }

    /* A time with three digits and a unit that suits it, as tomobench plan says it. */
    function time(seconds) {
        const {plain} = window.tomobenchNumbers;
        if (seconds >= 1) return plain(seconds, 3) + ' s';
        return seconds >= 1e-3 ? plain(seconds / 1e-3, 3) + ' ms' : plain(seconds * 1e6, 3) + ' µs';
    }

    /* MiB, from 10,000 on GiB: digits.size. */
    function size(count, figures = 4) {
        const {plain} = window.tomobenchNumbers, mebibytes = count / Math.pow(2, 20);
        return mebibytes < 1e4 - 0.5 ? plain(mebibytes, figures) + ' MiB' : plain(count / Math.pow(2, 30), figures) + ' GiB';
    }

    function bytes(count) {
        const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
        const power = Math.max(0, Math.min(5, Math.floor(Math.log2(Math.max(1, count)) / 10)));
        return digits(count / Math.pow(1024, power)) + ' ' + units[power];
    }

    return {cut: cut, cross: cross, digits: digits, time: time, size: size, bytes: bytes};
})();
