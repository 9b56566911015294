'use strict';

/* Ratios, after ÷ before, as all pages say them. */

(function() {
    /* With three digits: 0.0037, 0.85, 12.3, 480. */
    function short(value) {
        if (value === null || Number.isNaN(value)) return '–';
        if (!isFinite(value)) return '∞';
        if (value >= 99.95) return value.toFixed(0);
        if (value >= 9.995) return value.toFixed(1);
        return value === 0 || value >= 0.0995 ? value.toFixed(value === 0 ? 0 : 2) : String(Number(value.toPrecision(2)));
    }

    function times(value) {
        return short(value) + ' ×';
    }

    window.tomobenchRatios = {short: short, times: times};
})();
