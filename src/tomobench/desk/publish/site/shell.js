'use strict';

/* Around all pages in asv's own: an address that there is nothing at leads home; the title and the colours are the page's. */

$(document).ready(function() {
    const TITLES = {findings: 'Findings', releases: 'Releases', advice: 'Advice', '': 'Benchmark grid',
                    summarylist: 'Benchmark list', regressions: 'Regressions'};
    const OURS = ['findings', 'releases', 'advice'];
    const nav = document.getElementById('nav'), heading = document.getElementById('asv-title');

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
        heading.hidden = OURS.includes(page);
        heading.textContent = TITLES[page] || page;
        $('#nav-li-graphdisplay').toggle(!(page in TITLES));
        $('#asv-pages').prop('open', false);
    };

    /* asv's pages begin below the head, which takes several lines where the window is narrow. */
    new ResizeObserver(() => document.documentElement.style.setProperty('--head', nav.offsetHeight + 'px')).observe(nav);

    document.querySelector('.skip').addEventListener('click', function(event) {
        event.preventDefault();
        document.getElementById('main').focus();
    });
});
