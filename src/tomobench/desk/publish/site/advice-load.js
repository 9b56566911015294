'use strict';

/* The scripts of the Advice page are loaded when it is asked for first: other pages need none of them. */

(function() {
    const parts = document.currentScript.dataset.parts.split(' ');
    let begun = false;

    /* In order, each after those that it asks; the last one takes the page over, and is shown what was asked for. */
    function begin() {
        if (begun) return;
        begun = true;
        parts.forEach(function(name) {
            const script = document.createElement('script');
            script.src = name;
            script.async = false;
            script.onerror = () => $.asv.ui.network_error();
            document.head.append(script);
        });
        document.head.lastElementChild.addEventListener('load', () => $(() => $(window).trigger('hashchange')));
    }

    $(document).ready(function() {
        $('#advice-display').hide();
        $.asv.register_page('advice', begin);
    });
})();
