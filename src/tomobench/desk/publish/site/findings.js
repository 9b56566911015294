'use strict';

/* The Findings page. What changed was decided when the site was published (findings_page.py); here it is shown. */

$(document).ready(function() {
    const WIDTH = 420, HEIGHT = 120, FOOT = 16, HEAD = 14;
    const display = $('#findings-display').hide();
    let shown = null;

    // A visitor who asks for no page sees this one.
    if (!window.location.hash) history.replaceState(null, '', '#/findings');

    function release(data, hash) {
        return data.releases.find(one => one.hash === hash);
    }

    function times(value) {
        if (value === null) return '∞ ×';
        if (value === 0) return '0 ×';
        return (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)) + ' ×';
    }

    /* The cells behind a figure, on the Releases page. */
    function cells(one, text) {
        return $.asv.format_hash_string({location: ['/releases'], params: {
            series: [one.series], text: [text], show: ['changed']
        }});
    }

    function counted(one) {
        const parts = [];
        if (one.worse) parts.push('▲ ' + one.worse);
        if (one.better) parts.push('▽ ' + one.better);
        if (one.fails) parts.push('✗ ' + one.fails);
        const ratio = one.ratio;
        return parts.join(', ') + ' of ' + one.cells + ' cells' + (ratio ? ': ' + times(ratio[1])
            + (ratio[0] === ratio[2] ? '' : ' (' + times(ratio[0]) + ' to ' + times(ratio[2]) + ')') : '');
    }

    function card(data, one) {
        const name = release(data, one.release).name, before = release(data, one.against).name;
        const article = $('<article>').append(
            $('<h3>').text(one.title),
            $('<p class="release">').text('zarr ' + name + ', ' + release(data, one.release).day + ', against ' + before),
            $('<p>').text(one.text),
            $('<p class="figures">').append($('<a>').attr('href', cells(one, one.cell.split('(')[0])).text(counted(one))));
        if (one.links.length) {
            const links = $('<p>').text('Upstream: ');
            one.links.forEach(function(link, n) {
                links.append(n ? ', ' : '', $('<a>').attr('href', link).text(link.split('/').slice(-2).join(' ')));
            });
            article.append(links);
        }
        return article.append(chart(data, one));
    }

    function said(value, unit) {
        if (unit === 'bytes') return (value / (1 << 20)).toFixed(2) + ' MiB';
        return Number.isInteger(value) ? value.toLocaleString('en') + ' ' + unit : $.asv.pretty_unit(value, unit);
    }

    /* A bar a release; those from the release on are of another colour. The two beside the step have their figure, and
       the last has, where there is room. */
    function chart(data, one) {
        const bars = data.releases.filter(item => item.hash in one.values);
        const most = Math.max(...bars.map(item => one.values[item.hash] || 0)) || 1;
        const step = WIDTH / bars.length, first = bars.findIndex(item => item.hash === one.release);
        const tall = HEIGHT - FOOT - HEAD;
        const high = bars.map(item => Math.max(1, tall * (one.values[item.hash] || 0) / most));
        const figures = [first - 1, first].concat(bars.length - 1 - first > 8 ? [bars.length - 1] : []);
        const drawn = bars.map(function(item, n) {
            const value = one.values[item.hash];
            if (value === null) return '';
            const figure = said(value, one.unit);
            // Above the bars that it spans.
            const span = Math.ceil(figure.length * 5.2 / step);
            const above = Math.max(...(n === first ? high.slice(n, n + span) : high.slice(Math.max(0, n - span + 1), n + 1)));
            return '<g><title>' + item.name + ': ' + figure + '</title><rect class="bar' + (n >= first ? ' after' : '')
                + '" x="' + (n * step + 1) + '" y="' + (HEIGHT - FOOT - high[n]) + '" width="' + (step - 2)
                + '" height="' + high[n] + '"/>' + (figures.includes(n) ? text(n, HEIGHT - FOOT - above - 3, figure) : '')
                + '</g>';
        });
        function text(n, y, said) {
            const anchor = n < 3 ? 'start' : n > bars.length - 3 ? 'end' : n < first ? 'end' : 'start';
            const x = anchor === 'start' ? n * step : (n + 1) * step;
            return '<text x="' + x + '" y="' + y + '" text-anchor="' + anchor + '">' + said + '</text>';
        }
        const named = [0, first, bars.length - 1].filter((n, k, all) => all.indexOf(n) === k);
        const names = named.map(n => text(n, HEIGHT - 4, bars[n].name));
        const what = one.cell + ', ' + one.volume;
        const svg = '<svg viewBox="0 0 ' + WIDTH + ' ' + HEIGHT + '" role="img">' + drawn.join('') + names.join('') + '</svg>';
        return $('<figure>').html(svg).append($('<figcaption>').text(what))
            .find('svg').attr('aria-label', what + ', by release').end();
    }

    /* Against which release, where that is not the one before. */
    function since(data, one, item) {
        const before = data.releases[data.releases.findIndex(known => known.hash === one.release) - 1];
        return before.hash === item.against ? '' : ', against ' + release(data, item.against).name;
    }

    function row(data, one) {
        const known = release(data, one.release), line = $('<tr>').append(
            $('<th scope="row">').append($('<a>').attr('href', 'release/' + one.release).text(known.name)),
            $('<td>').text(known.day));
        ['worse', 'better', 'fails'].forEach(word => line.append($('<td class="number">').text(one[word] || '')));
        const list = $('<ul>');
        one.most.forEach(item => list.append($('<li>').append(
            $('<a>').attr('href', cells(item, item.benchmark)).text(item.title),
            $('<span>').text(', ' + item.volume + ': ' + counted(item) + since(data, one, item)))));
        const nothing = one.measured ? 'no change found' : 'not measured';
        return line.append($('<td>').append(one.most.length ? list : $('<span class="quiet">').text(nothing)));
    }

    function show(data) {
        const measured = data.changes.filter(one => one.measured).length;
        const span = data.releases[0].name + ' to ' + data.releases[data.releases.length - 1].name;
        $('#findings-lead').text(measured + ' of ' + data.releases.length + ' zarr releases, ' + span
            + ', read and write the same tomograms on one machine (' + data.machine + ').');
        $('#findings-known').empty().append(data.known.map(one => card(data, one)));
        $('#findings-changes tbody').empty().append(data.changes.map(one => row(data, one)));
    }

    /* asv hides its own pages, not this one. */
    $(window).on('hashchange', function() {
        if ($.asv.parse_hash_string(window.location.hash).location[0] !== 'findings') display.hide();
    });

    $.asv.register_page('findings', function() {
        display.show().css('padding-top', $('#nav').outerHeight() + 10);
        $('#title').text('Findings');
        if (shown) return;
        shown = $.ajax({url: 'findings.json?timestamp=' + $.asv.main_timestamp, dataType: 'json', cache: true})
            .done(show).fail(function() { shown = null; $.asv.ui.network_error(); });
    });
});
