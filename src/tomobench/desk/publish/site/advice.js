'use strict';

/* The Advice page. Every figure was computed when the site was published (tomobench.desk.publish.site.advice_data, the
   ranking of tomobench plan); here is what is asked and shown. Beside it: advice-rank.js weighs accesses, leaves
   layouts out and puts the rest in order; advice-tree.js, advice-chart.js, advice-words.js. */

$(document).ready(function() {
    const display = $('#advice-display').hide(), form = $('#advice-choices')[0], tree = $('#advice-tree');
    /* Times that differ by less than this factor are not told apart in words. */
    const ALIKE = 1.05;
    const MIXED = 'mixed', ARCHIVE = 'archive', MIB = Math.pow(2, 20);
    const SURE = ['exact', 'measured', 'modelled'];
    const {cut, digits, time, bytes, times} = window.tomobenchWords;
    const rank = want => window.tomobenchRank(data, want);
    const fetched = {};
    let machines = null, data = null, rows = [], chosen = null, latest = 0;

    function get(file) {
        fetched[file] = fetched[file] || $.ajax({
            url: file + '?timestamp=' + $.asv.main_timestamp, dataType: 'json', cache: true
        });
        return fetched[file];
    }

    /* A file of the machine that is chosen. */
    function ofMachine(ending) {
        return 'advice/' + machines.indexOf(form.elements.machine.value) + ending;
    }

    /* ---- What is chosen; the address holds it ---- */

    function choices() {
        const value = name => form.elements[name].value;
        return {
            volume: value('volume'), place: value('place'), line: value('line'), format: value('format'),
            tomograms: Math.max(1, Math.round(Number(value('tomograms'))) || 1),
            weights: weights(), archive: value('use') === ARCHIVE,
            readers: $('#advice-readers input:checked').toArray().map(one => one.value)
        };
    }

    /* How often each access is made, {} for an archive. */
    function weights() {
        const use = form.elements.use.value, found = {};
        if (use === ARCHIVE) return found;
        if (use !== MIXED) return {[use]: 1};
        $('#advice-weights input').each(function() {
            if (Number(this.value) > 0) found[this.name] = Number(this.value);
        });
        return $.isEmptyObject(found) ? {[Object.keys(data.accesses)[0]]: 1} : found;
    }

    /* A use as tomobench plan takes it: xy, xy=10,whole=1 or archive. */
    function useSaid() {
        const use = form.elements.use.value;
        return use === MIXED ? Object.entries(weights()).map(one => one.join('=')).join(',') : use;
    }

    function defaults() {
        return {machine: machines[0], volume: data.tomogram, tomograms: '1', place: Object.keys(data.places)[0],
                use: Object.keys(data.accesses)[0], line: data.lines[data.lines.length - 1][0], format: '',
                readers: '', across: 'objects', layout: ''};
    }

    function remember() {
        const want = choices(), params = {}, first = defaults();
        const now = {machine: form.elements.machine.value, volume: want.volume, tomograms: String(want.tomograms), place: want.place, use: useSaid(),
                     line: want.line, format: want.format, readers: want.readers.join(','),
                     across: $('#advice-across').val(),
                     layout: chosen !== null && rows.length && chosen !== rows[0].layout ? key(chosen) : ''};
        $.each(now, (name, value) => { if (value !== first[name]) params[name] = [value]; });
        history.replaceState(null, '', $.asv.format_hash_string({location: ['/advice'], params: params}));
    }

    function recall(params) {
        const first = defaults();
        const wanted = name => (params[name] || [first[name]])[0];
        const set = function(name, value) {
            const options = [...form.elements[name].options].map(one => one.value);
            form.elements[name].value = options.includes(value) ? value : first[name];
        };
        ['volume', 'place', 'line', 'format'].forEach(name => set(name, wanted(name)));
        form.elements.tomograms.value = Math.max(1, Math.round(Number(wanted('tomograms'))) || 1);
        const named = wanted('use').includes('=') || wanted('use').includes(',');
        set('use', named ? MIXED : wanted('use'));
        $('#advice-weights input').val(0);
        wanted('use').split(',').forEach(function(term) {
            const [name, weight] = term.split('=');
            $('#advice-weights input').filter((n, one) => one.name === name)
                .val(weight === undefined ? 1 : Math.max(0, Number(weight) || 0));
        });
        const readers = wanted('readers').split(',');
        $('#advice-readers input').each((n, one) => { one.checked = readers.includes(one.value); });
        $('#advice-across').val(wanted('across') === 'stored' ? 'stored' : 'objects');
        const found = data.layouts.findIndex((one, n) => key(n) === wanted('layout'));
        chosen = found < 0 ? null : found;
    }

    /* ---- Words ---- */

    function short(layout) {
        const one = data.layouts[layout];
        return cut(one.chunks) + (one.shards ? ' in ' + cut(one.shards) : '');
    }

    function long(layout) {
        const one = data.layouts[layout];
        return 'chunks of ' + one.chunks.join('×') + (one.shards ? ' in shards of ' + one.shards.join('×') : '')
            + ', Zarr format ' + one.format;
    }

    function key(layout) {
        const one = data.layouts[layout];
        return one.format + '-' + one.chunks.join('x') + (one.shards ? '-' + one.shards.join('x') : '');
    }

    function money(amount) {
        return data.currency + ' ' + digits(amount);
    }

    /* A figure with the mark of how it was got. */
    function marked(figure, say) {
        const mark = data.marks[figure[1]];
        const found = $('<span class="figure">').text(say(figure[0]));
        return mark ? found.prepend($('<abbr>').attr('title', figure[1]).text(mark)) : found;
    }

    function accessSaid(want) {
        const names = Object.keys(want.weights);
        return names.length === 1 ? 'An access (' + data.accesses[names[0]] + ')' : 'The mean access';
    }

    /* ---- Drawing ---- */

    function show() {
        const want = choices(), found = rank(want);
        rows = found.rows;
        $('#advice-weights').toggle(form.elements.use.value === MIXED);
        if (!rows.some(one => one.layout === chosen)) chosen = rows.length ? rows[0].layout : null;
        answer(want, found.out);
        table(want);
        leftOutList(found.out);
        $('#advice-notes').empty().append(data.answers[[want.volume, want.line, want.place].join('|')].notes.map(n => $('<li>').text(data.notes[n])));
        chart(want);
        drawTree(want);
        remember();
    }

    function answer(want, out) {
        $('#advice-figures, #advice-reason, #advice-headline').empty();
        $('#advice-code, #advice-chart, #advice-table').toggle(rows.length > 0);
        if (!rows.length) {
            $('#advice-headline').text('No layout is left by these choices.');
            $('#advice-reason').text('Every one is left out below, with the reason.');
            return;
        }
        const best = rows[0], one = rows.find(row => row.layout === chosen);
        $('#advice-headline').append($('<b>').text(long(one.layout)), ' ',
                                     $('<small>').text(data.layouts[one.layout].codec));
        $('#advice-reason').text(one === best ? why(want) : against(want, one, best));
        if (one !== best) {
            $('#advice-reason').append(' ', $('<button type="button" class="link">').text('Back to the best')
                .on('click', () => choose(best.layout)));
        }
        figures(want, one);
        code(want);
    }

    function why(want) {
        const best = rows[0];
        if (want.archive) {
            return 'Fewest bytes, to within 1 %, and of such layouts fewest objects: ' + bytes(best.stored[0])
                + ' in ' + digits(best.objects[0]) + ' objects a tomogram.';
        }
        const other = rows.find(row => short(row.layout) !== short(best.layout));
        const fewest = rows.filter(row => row.front).reduce((a, b) => b.objects[0] < a.objects[0] ? b : a);
        return accessSaid(want) + ' takes ' + time(best.seconds[0])
            + (other ? '; with ' + short(other.layout) + ', the next that is cut otherwise, '
                       + times(best.seconds[0], other.seconds[0]) + ' times as long' : '') + '. '
            + (fewest === best ? 'No layout on the front has fewer objects.'
               : short(fewest.layout) + ' has the fewest objects, ' + digits(fewest.objects[0]) + ', and takes '
                 + times(best.seconds[0], fewest.seconds[0]) + ' times as long.');
    }

    function against(want, one, best) {
        if (want.archive) {
            return times(best.stored[0], one.stored[0]) + ' times the bytes and '
                + times(best.objects[0], one.objects[0]) + ' times the objects of ' + short(best.layout) + ', the best.';
        }
        return times(best.seconds[0], one.seconds[0]) + ' times the time of ' + short(best.layout) + ', the best, and '
            + times(best.objects[0], one.objects[0]) + ' times its objects.';
    }

    function figures(want, row) {
        const all = figure => [figure[0] * want.tomograms, figure[1]];
        const many = want.tomograms > 1 ? ', ' + digits(want.tomograms) + ' tomograms' : '';
        const listed = want.archive ? [] : [['time of an access', row.seconds, time],
                                            ['requests', row.requests, digits], ['bytes fetched', row.bytes, bytes]];
        listed.push(['writing a tomogram', row.write, time],
                    ['objects' + many, all(row.objects), digits], ['stored' + many, all(row.stored), bytes]);
        if (row.paid && !want.archive) {
            listed.push(['a million accesses: requests', [row.paid[0], row.requests[1]], money],
                        ['their transfer', [row.paid[1], row.bytes[1]], money]);
        }
        if (row.costs) listed.push(['a month' + many, [row.month * want.tomograms, row.stored[1]], money]);
        listed.forEach(([name, figure, say]) =>
            $('#advice-figures').append($('<div>').append($('<dt>').text(name), $('<dd>').append(marked(figure, say)))));
    }

    function code(want) {
        if (!$('#advice-code')[0].open) return;
        const name = [want.line, chosen, want.volume].join('|'), mine = chosen;
        get(ofMachine('-scripts.json')).then(function(scripts) {
            if (mine === chosen) $('#advice-code pre').text(scripts[name]);
        });
    }

    function table(want) {
        const head = $('<tr>'), body = $('<tbody>'), names = Object.keys(want.weights);
        const single = names.length > 1 ? names : [], onS3 = rows.some(row => row.costs);
        ['', 'layout', ...(want.archive ? [] : ['an access', 'requests', 'fetched']),
         ...single.map(name => data.accesses[name]), 'write', 'objects', 'stored',
         ...(onS3 && !want.archive ? ['10⁶: requests', '10⁶: transfer'] : []), ...(onS3 ? ['a month'] : [])]
            .forEach(text => head.append($('<th scope="col">').text(text)));
        head.children().first().append($('<span class="sr-only">').text('best'));
        rows.forEach(function(row, n) {
            const line = $('<tr>').toggleClass('chosen', row.layout === chosen).toggleClass('front', row.front);
            const cell = (figure, say) => line.append($('<td>').append(marked(figure, say)));
            const button = $('<button type="button" class="link">').text(short(row.layout)).attr('title', long(row.layout))
                .on('click', () => choose(row.layout));
            line.append($('<td>').text(n === 0 ? '★' : row.front ? '●' : ''),
                        $('<th scope="row">').append(button, $('<small>').text(' format ' + data.layouts[row.layout].format)));
            if (!want.archive) [[row.seconds, time], [row.requests, digits], [row.bytes, bytes]].forEach(one => cell(...one));
            single.forEach(name => cell(row.accesses[name][2], time));
            cell(row.write, time);
            cell(row.objects, digits);
            cell(row.stored, bytes);
            if (onS3 && !want.archive) row.paid.forEach((one, n) => cell([one, row[n ? 'bytes' : 'requests'][1]], money));
            if (onS3) cell([row.month, row.stored[1]], money);
            body.append(line);
        });
        $('#advice-table').empty().append($('<thead>').append(head), body);
    }

    function leftOutList(out) {
        const place = $('#advice-left-out').empty(), reasons = new Map();
        out.forEach(([layout, reason]) => reasons.set(reason, (reasons.get(reason) || []).concat([layout])));
        if (!out.length) return;
        const list = $('<ul>');
        reasons.forEach((layouts, reason) => list.append($('<li>').text(
            layouts.map(one => short(one) + ' (format ' + data.layouts[one].format + ')').join(', ') + ': ' + reason)));
        place.append($('<h3>').text('Left out'), list);
    }

    function chart(want) {
        if (!rows.length) return;
        const stored = $('#advice-across').val() === 'stored', first = rows[0];
        const objects = {name: 'objects a tomogram', say: digits, of: row => row.objects[0]};
        // In MiB, for ticks that are round in it.
        const size = {name: 'stored bytes a tomogram', say: one => bytes(one * MIB), of: row => row.stored[0] / MIB};
        const across = stored && !want.archive ? size : objects;
        const up = want.archive ? size : {name: 'time of an access', say: time, of: row => row.seconds[0]};
        $('#advice-across').parent().toggle(!want.archive);
        const both = new Set(rows.map(row => data.layouts[row.layout].format)).size > 1;
        const points = rows.map(row => ({
            x: across.of(row), y: up.of(row), front: row.front, best: row === first, chosen: row.layout === chosen,
            sharded: Boolean(data.layouts[row.layout].shards),
            label: short(row.layout) + (both && !data.layouts[row.layout].shards
                                        ? ' (' + data.layouts[row.layout].format + ')' : ''),
            title: long(row.layout) + ': ' + up.say(up.of(row)) + ', ' + across.say(across.of(row))
                + (across === objects ? ' objects' : '') + (row === first ? ', the best' : '')
        }));
        window.tomobenchChart($('#advice-chart')[0], points, {
            x: across, y: up, choose: n => choose(rows[n].layout, '#advice-chart [data-layout="' + n + '"]')
        });
    }

    function choose(layout, focus) {
        chosen = layout;
        show();
        if (focus) $(focus).trigger('focus');
    }

    /* ---- The decision tree ---- */

    function drawTree(want) {
        const uses = {...data.accesses, [ARCHIVE]: 'an archive'};
        const names = {use: uses, place: data.places, line: Object.fromEntries(data.lines)};
        const wanted = choice => Object.assign({}, want, {
            place: choice.place, line: choice.line, archive: choice.use === ARCHIVE,
            weights: choice.use === ARCHIVE ? {} : {[choice.use]: 1}
        });
        const known = new Map();
        /* The winner's cut, and how many times as long the next takes that is cut otherwise. */
        const winner = function(choice) {
            const name = [choice.use, choice.place, choice.line].join('|');
            if (!known.has(name)) {
                const found = rank(wanted(choice)).rows;
                const best = found.length ? short(found[0].layout) : '';
                const next = found.find(row => short(row.layout) !== best);
                const lead = next && choice.use !== ARCHIVE ? next.seconds[0] / found[0].seconds[0] : null;
                known.set(name, {cut: best, lead: lead});
            }
            return known.get(name);
        };
        /** @type {{[name: string]: string[]}} */
        const attributes = {};
        ['use', 'place'].forEach(name => { attributes[name] = Object.keys(names[name]); });
        attributes.line = data.lines.map(one => one[0]);
        const grown = window.tomobenchTree(attributes, choice => winner(choice).cut);
        $('#advice-tree-note').text('Grown from the figures above for ' + want.volume + ' voxels, with the readers and '
            + 'the format that are chosen: the winner of every use, storage and line, asked for in the order that needs '
            + 'the fewest questions. A leaf sets the choices.');
        tree.empty().append(branch(grown, names, winner));
    }

    function branch(node, names, winner) {
        if (!node.attribute) {
            const leaf = $('<button type="button" class="link leaf">').text(node.outcome || 'nothing is left');
            const leads = node.choices.map(one => winner(one).lead).filter(one => one !== null);
            const ends = [...new Set([Math.min(...leads), Math.max(...leads)].map(one => times(1, one)))];
            leaf.on('click', function() {
                $.each(node.choices[0], (name, value) => { form.elements[name].value = value; });
                chosen = null;
                show();
                display.scrollTop(0);
                $(form.elements.use).trigger('focus');
            });
            const lead = Math.max(...leads) < ALIKE ? 'the next is as quick'
                : 'the next takes ' + ends.join(' to ') + ' times as long';
            return $('<span>').append(' → ', leaf, leads.length ? $('<small>').text(' (' + lead + ')') : '');
        }
        const asked = {use: 'read for', place: 'kept on', line: 'with zarr'}[node.attribute];
        const list = $('<ul>');
        node.branches.forEach(one => list.append($('<li>').append(
            $('<span class="asked">').text(asked + ' '),
            $('<span class="values">').text(node.attribute === 'place' ? placesSaid(one.values)
                : together(one.values.map(value => names[node.attribute][value]))),
            branch(one.tree, names, winner))));
        return list;
    }

    function together(values) {
        return values.length < 2 ? values.join() : values.slice(0, -1).join(', ') + ' or ' + values[values.length - 1];
    }

    /* disk, s3-1 and s3-5 are: a disk or S3 at 1 or 5 ms. */
    function placesSaid(keys) {
        const far = keys.filter(one => one.startsWith('s3-')).map(one => one.slice(3));
        const near = keys.filter(one => !one.startsWith('s3-')).map(one => 'a ' + one);
        return near.concat(far.length ? ['S3 at ' + together(far) + ' ms'] : []).join(' or ');
    }

    /* ---- Beginning, and events ---- */

    function fill(name, options) {
        $(form.elements[name]).empty()
            .append(options.map(([value, text]) => $('<option>').val(value).text(text)));
    }

    function begin(found) {
        data = found;
        $('#advice-weights label, #advice-readers label').remove();
        $('#advice-across, #advice-marks').empty();
        fill('volume', Object.keys(data.volumes).map(name =>
            [name, name + ' ' + data.dtype + (name === data.tomogram ? ', a whole tomogram' : '')]));
        fill('place', Object.entries(data.places));
        fill('use', [...Object.entries(data.accesses), [MIXED, 'a mix of these'], [ARCHIVE, 'nothing: an archive']]);
        fill('line', data.lines.slice().reverse());
        fill('format', [['', '2 or 3'], ['2', '2 only'], ['3', '3 only']]);
        $.each(data.accesses, (name, said) => $('#advice-weights').append(
            $('<label>').append($('<input type="number" min="0" step="any">').attr('name', name).val(0), ' ' + said)));
        $.each(data.readers, (name, said) => $('#advice-readers').append(
            $('<label>').attr('title', said).append($('<input type="checkbox">').val(name), ' ' + name)));
        $('#advice-readers').toggle(!$.isEmptyObject(data.readers));
        $('#advice-across').append($('<option value="objects">objects</option>'),
                                   $('<option value="stored">stored bytes</option>'));
        $('#advice-marks').append('Measured on ' + data.machine + '. ', ...SURE.map(how => $('<span>').text(
            (data.marks[how] ? data.marks[how] + ' ' : 'no mark: ') + how + '   ')),
            '★ the best   ● nothing beats it in all of time, objects, stored bytes and (S3) cost of requests');
    }

    $(form).on('submit', event => event.preventDefault());
    $(form).on('change', function(event) {
        if (event.target.name === 'machine') {
            load($.asv.parse_hash_string(window.location.hash).params, event.target.value);
            return;
        }
        if (event.target.name === 'use' && event.target.value === MIXED
            && $('#advice-weights input').toArray().every(one => !(Number(one.value) > 0))) {
            $('#advice-weights input').val(1);
        }
        chosen = null;
        show();
    });
    $('#advice-across').on('change', () => { chart(choices()); remember(); });
    $('#advice-code').on('toggle', () => code(choices()));
    $('#advice-copy').on('click', () => navigator.clipboard.writeText($('#advice-code pre').text()));
    $(window).on('resize', () => { if (data && display.is(':visible')) { position(); chart(choices()); } });

    /* Where the window is narrow, asv's navigation takes several lines. */
    function position() {
        display.css('top', $('#nav').outerHeight() + 3);
    }

    /* asv hides its own pages, not this one. */
    $(window).on('hashchange', function() {
        if ($.asv.parse_hash_string(window.location.hash).location[0] !== 'advice') display.hide();
    });

    $.asv.register_page('advice', function(params) {
        display.show();
        position();
        $('#title').text('Advice');
        load(params);
    });

    function load(params, machine) {
        const mine = ++latest;
        get('advice.json').then(function(index) {
            machines = index.machines;
            fill('machine', machines.map(one => [one, one]));
            const wanted = machine || (params.machine || [])[0];
            form.elements.machine.value = machines.includes(wanted) ? wanted : machines[0];
            return get(ofMachine('.json'));
        }).then(function(found) {
            if (mine !== latest) return;
            begin(found);
            recall(params);
            show();
        }).fail(() => $.asv.ui.network_error());
    }
});
