'use strict';

/* The Findings page. What changed was decided when the site was published (findings_page.py); here it is shown. */

$(document).ready(function() {
    const WIDTH = 420, HEIGHT = 120, FOOT = 16, HEAD = 14, MOST = 3;
    const display = $('#findings-display').hide();
    let shown = null;

    // A visitor who asks for no page sees this one.
    if (!window.location.hash) history.replaceState(null, '', '#/findings');

    function release(data, hash) {
        return data.releases.find(one => one.hash === hash);
    }

    /* JSON has no infinity: it is null there. */
    function times(value) {
        return window.tomobenchRatios.times(value === null ? Infinity : value);
    }

    /* The cells behind a figure, on the Releases page. */
    function cells(one) {
        return $.asv.format_hash_string({location: ['/releases'], params: {
            series: [one.series], only: [one.benchmark], show: ['changed'], in: [one.release]
        }});
    }

    function counted(one) {
        if (one.lost) {
            const voxels = one.voxels ? 'up to ' + one.voxels.toLocaleString('en') + ' voxels lost; ' : '';
            return '✗ ' + voxels + one.wrong + ' of ' + one.cells + ' cells wrong';
        }
        const parts = [];
        if (one.worse) parts.push('▲ ' + one.worse);
        if (one.better) parts.push('▽ ' + one.better);
        if (one.fails) parts.push('✗ ' + one.fails);
        const ratio = one.ratio;
        return parts.join(', ') + ' of ' + one.cells + ' cells' + (ratio ? ': ' + times(ratio[1])
            + (ratio[0] === ratio[2] ? '' : ' (' + times(ratio[0]) + ' to ' + times(ratio[2]) + ')') : '');
    }

    /* Under the release that brought it, or those that lose; and whether it was compared with another than the one before. */
    function when(data, one) {
        const name = hash => release(data, hash).name;
        if (one.lost) return 'zarr ' + one.lost.map(name).join(', ');
        const apart = one.against === one.before ? '' : '. The releases in between were not measured on this volume: one of them, or this one, brought it';
        return 'zarr ' + name(one.release) + ', ' + release(data, one.release).day + ', against ' + name(one.against) + apart;
    }

    function card(data, one) {
        const article = $('<article>').toggleClass('lost', Boolean(one.lost)).append(
            $('<h3>').append($('<a>').attr('href', 'release/' + one.release + '/').text(one.title)),
            $('<p class="release">').text(when(data, one)),
            $('<p>').text(one.text),
            $('<p class="figures">').append($('<a>').attr('href', cells(one)).text(counted(one))));
        if (one.links.length) {
            const links = $('<p>').text('Upstream: ');
            one.links.forEach(function(link, n) {
                links.append(n ? ', ' : '', $('<a>').attr('href', link.address).text(link.name));
            });
            article.append(links);
        }
        return article.append(chart(data, one));
    }

    function said(value, unit, steps) {
        if (steps.length) return steps[value];
        if (unit === 'bytes') return (value / (1 << 20)).toFixed(2) + ' MiB';
        return Number.isInteger(value) ? value.toLocaleString('en') + ' ' + unit : $.asv.pretty_unit(value, unit);
    }

    /* A bar a release; those from the release on are of another colour. The two beside the step have their figure, and
       the last has, where there is room. */
    function chart(data, one) {
        const bars = data.releases.filter(item => item.hash in one.values);
        const most = Math.max(...bars.map(item => one.values[item.hash] || 0)) || 1;
        const step = WIDTH / bars.length, first = bars.findIndex(item => item.hash === one.release);
        const marked = n => one.lost ? one.lost.includes(bars[n].hash) : n >= first;
        const tall = HEIGHT - FOOT - HEAD;
        const high = bars.map(item => Math.max(1, tall * (one.values[item.hash] || 0) / most));
        const figures = [first - 1, first].concat(bars.length - 1 - first > 8 ? [bars.length - 1] : []);
        const drawn = bars.map(function(item, n) {
            const value = one.values[item.hash];
            if (value === null) return '';
            const figure = said(value, one.unit, one.steps);
            // Above the bars that it spans.
            const span = Math.ceil(figure.length * 5.2 / step);
            const above = Math.max(...(n === first ? high.slice(n, n + span) : high.slice(Math.max(0, n - span + 1), n + 1)));
            return '<g><title>' + item.name + ': ' + figure + '</title><rect class="bar' + (marked(n) ? ' after' : '')
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

    function fact(one) {
        return $('<li>').addClass(one.way).append($('<b>').text(one.mark + ' ' + one.tier), document.createTextNode(': ' + one.said));
    }

    /* A release's facts that have the words, all of them where there are words, otherwise the first. */
    function facts(data, one, words) {
        const name = release(data, one.release).name;
        const said = item => [name, item.said, item.details, item.tier, item.way].concat(item.accesses, item.metrics).join(' ');
        const found = one.facts.filter(item => window.tomobenchShapes.holds(said(item), words));
        if (!found.length && words) return null;
        const list = $('<ul>').append((words ? found : found.slice(0, MOST)).map(fact));
        const more = one.facts.length - list.children().length;
        const page = $('<a>').attr('href', 'release/' + one.release + '/');
        if (!one.measured) list.append($('<li class="quiet">').text('not measured'));
        else if (!one.facts.length) list.append($('<li class="quiet">').text('no change found'));
        else if (more > 0) list.append($('<li>').append(page.text(more + ' more of ' + name)));
        return list;
    }

    function rows(data, words) {
        const found = data.changes.map(function(one) {
            const known = release(data, one.release), list = facts(data, one, words);
            return list && $('<li>').append($('<h3>').append(
                $('<a>').attr('href', 'release/' + one.release + '/').text(known.name), $('<small>').text(known.day)), list);
        }).filter(Boolean);
        $('#findings-changes').empty().append(found);
        $('#findings-found').text(words ? found.length + ' of ' + data.changes.length + ' releases' : '');
    }

    function losses(data) {
        ['lost', 'raises', 'accepted'].forEach(function(kind) {
            const own = data.losses.filter(one => one.kind === kind);
            $('#findings-losses .' + kind).toggle(own.length > 0 || kind === 'lost')
                .find('ul').empty().append(own.map(one => loss(data, one)));
        });
        if (!data.losses.some(one => one.kind === 'lost')) $('#findings-losses .lost ul').append($('<li>').text('None of those measured.'));
    }

    function loss(data, one) {
        const line = $('<li>').append($('<b>').text('✗ ' + one.said), document.createTextNode(': '));
        one.releases.forEach((hash, n) => line.append(n ? ', ' : '',
            $('<a>').attr('href', 'release/' + hash + '/').text(release(data, hash).name)));
        return one.accepted ? line.append(document.createTextNode(' (' + one.accepted + ')')) : line;
    }

    /* The question that is asked most leads to a release's page. */
    function upgrade(data) {
        const measured = data.releases.filter(one => data.changes.some(item => item.release === one.hash && item.measured));
        const options = measured.map(one => [one.hash, one.name]).reverse();
        const fill = (name, list, value) => $('#findings-' + name).empty().append(
            list.map(one => $('<option>').val(one[0]).text(one[1]))).val(value);
        fill('release', options, data.upgrade.release);
        fill('since', options, data.upgrade.since);
        fill('layout', [['', 'any shape']].concat(data.upgrade.layouts.map(one => [one, one])), '');
        $('#findings-upgrade').off('submit').on('submit', function(event) {
            event.preventDefault();
            const value = name => $('#findings-' + name).val();
            window.location.href = 'release/' + value('release') + '/?since=' + encodeURIComponent(release(data, value('since')).asked)
                + (value('layout') ? '&layout=' + value('layout') : '');
        });
    }

    function show(data) {
        const published = data.releases.filter(one => !one.own);
        const measured = data.changes.filter(one => one.measured && published.some(other => other.hash === one.release)).length;
        const span = published[0].name + ' to ' + published[published.length - 1].name;
        $('#findings-lead').text(measured + ' of ' + published.length + ' zarr releases, ' + span
            + ', read and write the same tomograms on one machine (' + data.machine + ').');
        $('#findings-known').empty().append(data.known.map(one => card(data, one)));
        losses(data);
        upgrade(data);
        find(data);
        $('#findings-find').off('input').on('input', function() {
            const words = this.value.trim();
            history.replaceState(null, '', $.asv.format_hash_string({location: ['/findings'], params: words ? {find: [words]} : {}}));
            find(data);
        });
    }

    function find(data) {
        rows(data, String($('#findings-find').val()).trim());
    }

    /* asv hides its own pages, not this one. */
    $(window).on('hashchange', function() {
        if ($.asv.parse_hash_string(window.location.hash).location[0] !== 'findings') display.hide();
    });

    $.asv.register_page('findings', function(params) {
        display.show().css('padding-top', $('#nav').outerHeight() + 10);
        $('#title').text('Findings');
        $('#findings-find').val((params.find || [''])[0]);
        if (shown) return void shown.done(find);
        shown = $.ajax({url: 'findings.json?timestamp=' + $.asv.main_timestamp, dataType: 'json', cache: true})
            .done(show).fail(function() { shown = null; $.asv.ui.network_error(); });
    });
});
