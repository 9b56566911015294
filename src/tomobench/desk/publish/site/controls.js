'use strict';

/* What asv's pages leave to a mouse, by keyboard too; and what they say by a colour or an arrow, said to a screen reader. */

$(document).ready(function() {
    /* Each kind of control: what asv makes it of, what it is, and which attribute says its state. */
    const KINDS = [
        {of: 'a[role=button]:not([href])', role: 'button', says: 'aria-pressed', state: one => one.classList.contains('active')},
        {of: 'th[data-sort]', role: 'columnheader', says: 'aria-sort', state: order},
        {of: '.nav-header', role: 'button', says: 'aria-expanded', state: one => one.querySelector('.caret') !== null},
    ];
    const CONTROLS = KINDS.map(kind => kind.of).join();
    const pages = $('#graph-display, #summarylist-display, #regressions-display');
    /* The control that a key was last pressed on. */
    let pressed = null;

    function order(heading) {
        if (heading.classList.contains('asc')) return 'ascending';
        return heading.classList.contains('desc') ? 'descending' : 'none';
    }

    function mark() {
        for (const kind of KINDS)
            pages.find(kind.of).each((_, one) => {
                one.tabIndex = 0;
                one.setAttribute('role', kind.role);
                one.setAttribute(kind.says, String(kind.state(one)));
            });
    }

    function named(control) {
        return $(control).closest('.panel').find('.panel-heading').text() + ': ' + control.textContent;
    }

    /* A choice has asv build its panel anew: the focus stays on that choice. */
    function refocus() {
        if (!pressed || pressed.isConnected || document.activeElement !== document.body) return;
        pressed = pages.find(CONTROLS).get().find(one => named(one) === named(pressed)) || null;
        if (pressed) pressed.focus();
    }

    const changes = new MutationObserver(() => { mark(); refocus(); });
    pages.each((_, page) => changes.observe(page, {childList: true, subtree: true, attributeFilter: ['class']}));
    mark();

    pages.on('keydown', CONTROLS, function(event) {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        if (event.originalEvent.repeat) return;
        pressed = this;
        this.click();
    });
});
