'use strict';

/* Shapes as people type them: 64x64x64, 64^3, 64³ and 64×64×64 are one. */

(function() {
    const CUBE = /(\d+)(?:³|\^3)/g, CROSS = /(\d)\s*[x*×]\s*(?=\d)/g;

    /* Words in one spelling, to be looked for or in. */
    function normal(text) {
        return text.toLowerCase().replace(CUBE, '$1×$1×$1').replace(CROSS, '$1×');
    }

    /* Whether a text has all of the words. */
    function holds(text, words) {
        const found = normal(text);
        return normal(words).split(/\s+/).filter(Boolean).every(word => found.includes(word));
    }

    window.tomobenchShapes = {normal: normal, holds: holds};
})();
