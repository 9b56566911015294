'use strict';

/* The button that copies the address: what is chosen on a page is in it. */

document.querySelectorAll('[data-share]').forEach(button => button.addEventListener('click', function() {
    const say = text => { button.textContent = text; };
    // A page brings its address up to date a moment after a change.
    setTimeout(() => navigator.clipboard.writeText(window.location.href).then(
        () => say('Link copied'), () => say('Copy it from the address bar')), 350);
}));
