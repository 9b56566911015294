'use strict';

/* Shapes, numbers, times and bytes, as the Advice page says them. */

const assert = require('node:assert/strict');
const {test} = require('node:test');
const load = require('./load.js');

const words = load('advice-numbers.js', 'advice-words.js').tomobenchWords;

function says(say, expected) {
    Object.entries(expected).forEach(([said, given]) => assert.equal(say(...[].concat(given)), said));
}

test('a cube is said by its edge, another shape in full', () => {
    assert.equal(words.cut([64, 64, 64]), '64³');
    assert.equal(words.cut([1, 630, 630]), '1×630×630');
    assert.equal(words.cut([64, 64, 32]), '64×64×32');
    assert.deepEqual([words.cross([64, 64, 64]), words.cross(null)], ['64×64×64', 'none']);
});

test('numbers have three digits, and all of them from a thousand on', () => {
    says(words.digits, {'0': 0, '0.00123': 0.0012345, '1.5': 1.5, '12.3': 12.345, '999': 999.4,
                        '1,000': 1000, '19,201': 19201.4});
});

test('a time has three digits and a unit that suits it, as the command says it', () => {
    says(words.time, {'0 µs': 0, '999 µs': 999e-6, '1 ms': 1e-3, '1.23 ms': 1.234e-3, '1 s': 1, '119 s': 119,
                      '1,234 s': 1234});
});

test('bytes are in powers of 1024', () => {
    says(words.bytes, {'0 bytes': 0, '1,023 bytes': 1023, '1 KiB': 1024, '1.5 MiB': 1.5 * 2 ** 20,
                       '1 GiB': 2 ** 30, '1 TiB': 2 ** 40, '1 PiB': 2 ** 50, '1,024 PiB': 2 ** 60});
});

test('sizes are in MiB, from ten thousand on in GiB, and never have an exponent', () => {
    says(words.size, {'0.9766 MiB': 2 ** 10 * 1000, '278.6 MiB': 184 * 630 * 630 * 4, '9,999 MiB': 9999 * 2 ** 20,
                      '9.765 GiB': 9999.5 * 2 ** 20, '17.88 GiB': 300 * 4000 * 4000 * 4, '10,240 GiB': 10 * 2 ** 40});
    says(words.size, {'279 MiB': [184 * 630 * 630 * 4, 3], '4,578 MiB': [300 * 2000 * 2000 * 4, 3]});
});

test('of a number and the next, the larger is never said to be smaller', () => {
    for (let power = -9; power < 12; power += 0.01) {
        const [one, next] = [10 ** power, 10 ** (power + 0.01)];
        assert.ok(seconds(words.time(next)) >= seconds(words.time(one)), words.time(one));
        assert.ok(Math.abs(seconds(words.time(one)) / one - 1) < 0.006 || one < 1e-8, words.time(one));
    }
});

function seconds(said) {
    const [number, unit] = said.replaceAll(',', '').split(' ');
    return Number(number) * {'µs': 1e-6, ms: 1e-3, s: 1}[unit];
}
