'use strict';

/* Around all pages in asv's own: an address that there is nothing at leads home; the title and the colours are the page's. */

$(document).ready(function() {
    const TITLES = {findings: 'Findings', releases: 'Releases', advice: 'Advice', '': 'Benchmark grid',
                    summarylist: 'Benchmark list', regressions: 'Regressions'};
    const OURS = ['findings', 'releases', 'advice'];

    function there(page) {
        return !OURS.includes(page) || document.getElementById('nav-li-' + page) !== null;
    }

    function here() {
        return $.asv.parse_hash_string(window.location.hash).location.join('/');
    }

    /* Asked by asv (shell.py) before it shows what an address asks for. */
    $.asv.arrive = function() {
        const known = here() in TITLES ? there(here()) : here() in $.asv.main_json.benchmarks;
        if (!known) history.replaceState(null, '', there('findings') ? '#/findings' : '#/');
        const page = here();
        document.documentElement.classList.toggle('ours', OURS.includes(page));
        document.title = (TITLES[page] || page) + ' · tomobench';
        $('#nav-li-graphdisplay').toggle(!(page in TITLES));
        $('#asv-pages').prop('open', false);
    };

    document.querySelector('.skip').addEventListener('click', function(event) {
        event.preventDefault();
        document.getElementById('main').focus();
    });
});
