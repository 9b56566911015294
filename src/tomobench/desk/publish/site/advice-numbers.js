'use strict';

/* Numbers as Python's formats write them, so that the page's sentences are those of the command: a tie is rounded to the
   even digit. */

window.tomobenchNumbers = (function() {
    /* A number above 0 as the digits and the exponent of d.ddd × 10^e, with so many digits after the point. */
    function scientific(value, after) {
        const [mantissa, power] = value.toExponential(after).split('e');
        const exact = value.toExponential(100).split('e')[0].replace('.', '');
        const cutOff = exact.slice(0, after + 1), rest = exact.slice(after + 1);
        const tie = /^50*$/.test(rest), even = Number(cutOff.slice(-1)) % 2 === 0;
        return [tie && even ? cutOff : mantissa.replace('.', ''), tie && even ? exponent(value) : Number(power)];
    }

    function exponent(value) {
        return Number(value.toExponential(100).split('e')[1]);
    }

    /* As format(value, '.3g') has it, and with true as format(value, ',.3g'). */
    function general(value, digits, grouped) {
        if (value === 0) return '0';
        if (value < 0) return '-' + general(-value, digits, grouped);
        if (!Number.isFinite(value)) return String(value).slice(0, 3).toLowerCase();
        const [all, power] = scientific(value, digits - 1), kept = all.replace(/0+$/, '');
        if (power < -4 || power >= digits) {
            return kept[0] + (kept.length > 1 ? '.' + kept.slice(1) : '') + 'e' + (power < 0 ? '-' : '+')
                + String(Math.abs(power)).padStart(2, '0');
        }
        if (power < 0) return '0.' + '0'.repeat(-power - 1) + kept;
        const whole = all.slice(0, power + 1), part = kept.slice(power + 1);
        return (grouped ? group(whole) : whole) + (part ? '.' + part : '');
    }

    /* As format(value, '.2f') has it, and with true as format(value, ',.2f'). */
    function fixed(value, after, grouped) {
        if (value < 0) return '-' + fixed(-value, after, grouped);
        const exact = value.toFixed(100), end = exact.indexOf('.') + 1 + after;
        const cutOff = exact.slice(0, after ? end : end - 1), rest = exact.slice(end);
        const even = Number(cutOff.slice(-1)) % 2 === 0;
        const text = /^50*$/.test(rest) && even ? cutOff : value.toFixed(after);
        const [whole, part] = text.split('.');
        return (grouped ? group(whole) : whole) + (part ? '.' + part : '');
    }

    function group(digits) {
        return digits.replace(/\B(?=(\d{3})+$)/g, ',');
    }

    /* As format(value, '.0%'). */
    function percent(value) {
        return fixed(value * 100, 0) + '%';
    }

    /* So many digits, and never an exponent: digits.plain. */
    function plain(value, figures) {
        return value < Math.pow(10, figures) - 0.5 ? general(value, figures, true) : fixed(value, 0, true);
    }

    /* To the nearest whole number, a tie to the even one. */
    function even(value) {
        const low = Math.floor(value), off = value - low;
        return off < 0.5 || (off === 0.5 && low % 2 === 0) ? low : low + 1;
    }

    /* As Python adds floats up: what rounding loses is kept apart, and added in the end. */
    function sum(values) {
        let total = 0, lost = 0;
        values.forEach(function(one) {
            const next = total + one;
            lost += Math.abs(total) >= Math.abs(one) ? total - next + one : one - next + total;
            total = next;
        });
        return total + lost;
    }

    /* A column of so many numbers, by their places. */
    function column(count, of) {
        const found = new Float64Array(count);
        for (let n = 0; n < count; ++n) found[n] = of(n);
        return found;
    }

    return {sum: sum, column: column, general: general, fixed: fixed, percent: percent, plain: plain, even: even};
})();
