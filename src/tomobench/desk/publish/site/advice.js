'use strict';

/* The Advice page: what is typed, and what tomobench plan answers. The arithmetic and the words are in scripts of their
   own, which know no page; here is what is asked for, shown and kept in the address. */

$(document).ready(function() {
    const display = $('#advice-display').hide(), form = $('#advice-choices')[0];
    /* How long nothing is typed before it is answered, in milliseconds. */
    const PAUSE = 350;
    const MIB = Math.pow(2, 20), OTHER = 'other';
    const USUAL = [['xy', 'XY slices'], ['xz', 'XZ slices'], ['yz', 'YZ slices'], ['whole', 'whole volumes'],
                   ['region-64', 'regions of 64³'], ['region-96', 'regions of 96³'], ['viewer', 'a viewer'],
                   ['picking', 'picking'], ['training-64', 'training, patches of 64³'],
                   ['pipeline-4', 'processing, 4 workers'], ['xy=10,whole=1', 'mostly slices, some whole'],
                   ['write', 'nothing yet: writing it'], ['archive', 'nothing: an archive'], [OTHER, 'a mix: type it']];
    const TEXTS = ['shape', 'dtype', 'kind', 'ratio', 'tomograms', 'use', 'storage', 'latency', 'bandwidth', 'client',
                   'release', 'present', 'format', 'objects', 'memory', 'chunk'];
    const {cut, digits, time, bytes} = window.tomobenchWords, {fixed, percent} = window.tomobenchNumbers;
    const fetched = {};
    let machines = null, data = null, plan = null, latest = 0, checks = 0, pause = null, upgrade = {};

    function get(file) {
        fetched[file] = fetched[file] || $.ajax({
            url: file + '?timestamp=' + $.asv.main_timestamp, dataType: 'json', cache: true
        });
        return fetched[file];
    }

    /* A file of the machine that is chosen. */
    function ofMachine(name) {
        return 'advice/' + machines.indexOf(form.elements.machine.value) + '/' + name + '.json';
    }

    /* ---- What is typed; the address holds it ---- */

    function typed() {
        const found = Object.fromEntries(TEXTS.map(name => [name, form.elements[name].value.trim()]));
        const readers = $('#advice-readers input:checked').toArray().map(one => one.value);
        return Object.assign(found, {readers: readers, machine: machines.length > 1 ? form.elements.machine.value : ''});
    }

    function defaults() {
        return {shape: data.tomogram.replaceAll('×', 'x'), dtype: Object.values(data.kinds)[0], kind: Object.keys(data.kinds)[0],
                tomograms: '1', use: 'xy', storage: 'disk', client: 'one-request', release: data.newest, machine: machines[0],
                across: 'objects', from: '', to: ''};
    }

    function remember() {
        const now = typed(), first = defaults(), params = {};
        const all = Object.assign(now, {machine: form.elements.machine.value, readers: now.readers.join(','),
                                        across: $('#advice-across').val()}, upgrade);
        Object.entries(all).forEach(([name, value]) => { if (value !== (first[name] || '')) params[name] = [value]; });
        history.replaceState(null, '', $.asv.format_hash_string({location: ['/advice'], params: params}));
    }

    function recall(params) {
        const first = defaults(), wanted = name => (params[name] || [first[name] || ''])[0];
        TEXTS.forEach(function(name) {
            const field = form.elements[name], options = field.options && [...field.options].map(one => one.value);
            field.value = !options || options.includes(wanted(name)) ? wanted(name) : first[name] || options[0];
        });
        const readers = wanted('readers').split(',');
        $('#advice-readers input').each((n, one) => { one.checked = readers.includes(one.value); });
        $('#advice-across').val(wanted('across'));
        if (!$('#advice-across').val()) $('#advice-across').val(first.across);
        const versions = data.releases.map(one => one[0]);
        upgrade = Object.fromEntries(['from', 'to'].map(name => [name, versions.includes(wanted(name)) ? wanted(name) : '']));
        const more = ['format', 'objects', 'memory', 'chunk', 'readers'].some(wanted) || wanted('machine') !== first.machine;
        $('#advice-more').prop('open', more);
    }

    /* ---- Asking ---- */

    function usualUse() {
        const found = USUAL.find(one => one[0] === form.elements.use.value.trim());
        form.elements.usual.value = found ? found[0] : OTHER;
    }

    /* Nothing of an earlier answer is left standing. */
    function clear(said) {
        plan = null;
        $('#advice-results').prop('hidden', true);
        $('#advice-change, #advice-lines').empty();
        $('#advice-headline').text(said);
    }

    function complain(problems) {
        $('.advice-problem').remove();
        [...form.elements].forEach(one => $(one).removeAttr('aria-invalid aria-describedby'));
        Object.entries(problems).forEach(function([name, line]) {
            const field = $(form.elements[name]);
            field.attr({'aria-invalid': 'true', 'aria-describedby': 'advice-problem-' + name});
            field.closest('label').append($('<span class="advice-problem">').attr('id', 'advice-problem-' + name).text(line));
            field.closest('details').prop('open', true);
        });
    }

    function ask() {
        const mine = ++latest, {question, problems, command} = window.tomobenchQuestion(data, typed());
        clearTimeout(pause);
        usualUse();
        $('#advice-choices .far').toggle(form.elements.storage.value === 's3');
        complain(problems);
        remember();
        if (!question) {
            clear('No answer yet: ' + Object.values(problems)[0]);
            return;
        }
        clear('Comparing layouts …');
        get(ofMachine(question.release)).then(function(of) {
            const desk = window.tomobenchEstimate(data, of, question);
            search(window.tomobenchSearchSteps(desk), mine, found => answered(question, desk, found, command));
        }).fail(() => $.asv.ui.network_error());
    }

    /* The steps of a search, as long as nothing else is asked; the page can be used between them. */
    function search(steps, mine, then) {
        setTimeout(function() {
            if (mine !== latest) return;
            const {done, value} = steps.next();
            if (done) then(value);
            else search(steps, mine, then);
        });
    }

    function answered(question, desk, found, command) {
        if (found.reason) {
            clear(found.reason[0].toUpperCase() + found.reason.slice(1) + '.');
            return;
        }
        const said = window.tomobenchSaid(desk, found), present = question.present && question.present.layout;
        plan = {desk: desk, found: found, said: said, question: question, command: command, present: present,
                current: present ? window.tomobenchCurrent(desk, found, present) : null};
        $('#advice-results').prop('hidden', false);
        headline();
        table();
        chart();
        notes();
        commands();
        checkUpgrade();
    }

    /* ---- Showing ---- */

    function headline() {
        const {said, found, current} = plan, text = said.answer(), end = text.indexOf(': ');
        $('#advice-headline').empty().append($('<b>').text(text.slice(0, end + 1)), text.slice(end + 1));
        $('#advice-change').empty().append((current ? current.says : []).map(line => $('<p>').text(line)));
        const lines = [said.reason(), ...said.ties(), ...said.regret(), ...said.workers(),
                       said.writers(found.candidates[0].layout) + '.', said.slabs(found.candidates[0].layout) + '.'];
        $('#advice-lines').empty().append(lines.map(line => $('<li>').text(line)));
        $('#advice-marks').text([digits(found.compared) + ' layouts compared',
            ...Object.entries(data.marks).map(([how, mark]) => (mark || 'no mark:') + ' ' + how),
            '± half of such times are nearer', '★ the answer', '● nothing beats it in all'].join(' · '));
    }

    /* A figure with the mark of how it was got, and how far off half of such figures are. */
    function figure([value, how], say, off) {
        const mark = data.marks[how], shown = $('<span class="figure">').text(say(value));
        if (mark) shown.prepend($('<abbr>').attr('title', how).text(mark));
        return off ? shown.append($('<small>').text(' ±' + percent(off))) : shown;
    }

    function table() {
        const {found, said, question, desk, current} = plan, names = Object.keys(question.use.weights);
        const head = $('<tr>'), body = $('<tbody>'), {currency} = data.prices;
        const titles = ['', 'layout', ...names, ...(names.length > 1 ? ['mean'] : []), ...('write' in question.use.weights ? [] : ['write']),
                        'objects', 'stored', 'memory',
                        ...(desk.far ? [...(names.length ? ['10⁶: requests', '10⁶: transfer'] : []), 'a month'] : [])];
        titles.forEach(text => head.append($('<th scope="col">').text(text)));
        head.children().first().append($('<span class="sr-only">').text('best'));
        const money = amount => currency + ' ' + digits(amount);
        function row(one, mark, formats, kind) {
            const line = $('<tr>').addClass(kind), cell = (...shown) => line.append($('<td>').append(...shown));
            cell(mark);
            line.append($('<th scope="row">').append($('<span>').text(said.cutSaid(one.layout)),
                $('<small>').text(' format ' + formats + (one.layout.codec ? ', ' + said.codecSaid(one.layout) : ''))));
            names.forEach(name => cell(figure(one.accesses[name].seconds, time, said.off(one.accesses[name].seconds, name))));
            if (names.length > 1) cell(figure(one.seconds, time));
            if (!('write' in question.use.weights)) cell(figure(one.write.seconds, time, said.off(one.write.seconds, 'write')));
            cell(figure(one.objects, value => fixed(value, 0, true)));
            cell(figure(one.stored, bytes));
            cell(figure([one.memory, 'exact'], bytes));
            if (desk.far) {
                if (names.length) [one.requests, one.transfer].forEach(amount => cell(money(amount)));
                cell(money(one.month));
            }
            body.append(line);
        }
        found.candidates.forEach((one, n) => row(one, n === 0 ? '★' : one.front ? '●' : '',
            found.either[n] ? '2 or 3' : one.layout.format, (n ? '' : 'chosen ') + (one.front ? 'front' : '')));
        if (current) row(current.now, 'now', current.now.layout.format, 'present');
        $('#advice-table').empty().append($('<thead>').append(head), body);
    }

    function chart() {
        const {found, said, question, current} = plan, archive = !Object.keys(question.use.weights).length;
        const ACROSS = {
            objects: {name: 'objects a tomogram', say: digits, of: one => one.objects[0]},
            // In MiB, for ticks that are round in it.
            stored: {name: 'stored bytes a tomogram', say: one => bytes(one * MIB), of: one => one.stored[0] / MIB},
            memory: {name: 'memory of an access', say: one => bytes(one * MIB), of: one => one.memory / MIB}
        };
        const up = archive ? {name: 'time of writing', say: time, of: one => one.write.seconds[0]}
            : {name: 'time of an access', say: time, of: one => one.seconds[0]};
        const across = ACROSS[$('#advice-across').val()], first = found.candidates[0];
        const points = [...found.candidates, ...(current ? [current.now] : [])].map(one => ({
            x: across.of(one), y: up.of(one), front: Boolean(one.front), best: one === first, now: current && one === current.now,
            sharded: Boolean(one.layout.shards),
            label: (current && one === current.now ? 'now: ' : '') + cut(one.layout.chunks)
                + (one.layout.shards ? ' in ' + cut(one.layout.shards) : ''),
            title: said.named(one.layout) + ': ' + up.say(up.of(one)) + ', ' + across.say(across.of(one))
                + (across === ACROSS.objects ? ' objects' : '')
        }));
        window.tomobenchChart($('#advice-chart')[0], points, {x: across, y: up});
    }

    function notes() {
        const out = Object.values(plan.found.leftOut).map(reason => 'left out, ' + reason);
        const prices = plan.desk.far ? [data.prices.said] : [];
        $('#advice-notes').empty().append([...plan.said.notes(), ...prices, ...out].map(line => $('<li>').text(line)));
    }

    function commands() {
        $('#advice-command').text(plan.command);
        $('#advice-script').text(plan.command + ' --script convert.py\npython convert.py OUT SOURCE...');
    }

    /* ---- An upgrade: of the present layout, else of the one that is advised ---- */

    function checkUpgrade() {
        const mine = ++checks, {layout: first} = plan.found.candidates[0], {question} = plan;
        // Where both formats are as good, the one that both lines have.
        const layout = plan.present || (plan.found.either[0] ? Object.assign({}, first, {format: 2}) : first);
        const to = upgrade.to || data.newest;
        $('#advice-to').val(to);
        $('#advice-of').text(plan.said.named(layout) + (plan.present ? ', the present layout' : ''));
        $('#advice-verdict').text('…');
        $('#advice-changes, #advice-avoid').empty();
        get(ofMachine(to)).then(function(other) {
            const from = upgrade.from || before(to, other, layout, question.storage.kind === 's3');
            return $.when(from, get(ofMachine(from)), get(ofMachine('avoid')), other);
        }).then(function(from, [one], [avoid], other) {
            if (mine !== checks || !plan) return;
            $('#advice-from').val(from);
            const found = window.tomobenchUpgrade(data, question, layout, {version: from, of: one}, {version: to, of: other});
            $('#advice-verdict').text(found.reason || found.sentence);
            if (!found.reason) changes(found.rows, from, to);
            $('#advice-avoid').append(avoided(avoid, from, to),
                                      $('<li>').text('In both: ' + plan.said.writers(layout) + '.'));
        }).fail(() => $.asv.ui.network_error());
    }

    /* The newest earlier release that can have the layout and whose times can be compared, of another line where there is
       one: 2.18 to 3 is the upgrade that people ask about. Else the release before. of: the data of the release ``to``. */
    function before(to, of, layout, far) {
        const kind = data.rules.kinds.findIndex(one => one[0] === layout.format && one[1] === Boolean(layout.shards));
        const line = version => data.releases.find(one => one[0] === version)[1], versions = data.releases.map(one => one[0]);
        const earlier = versions.slice(0, versions.indexOf(to)).filter(one => !data.own.includes(one)).reverse();
        const can = earlier.filter(one => !data.impossible[line(one) + '|' + kind] && window.tomobenchCompares(of, one, far));
        return can.find(one => line(one) !== line(to)) || can[0] || earlier[0] || to;
    }

    function changes(rows, from, to) {
        const head = ['what', from, to, 'change', 'how it is known'].map(text => $('<th scope="col">').text(text));
        const say = {time: time, bytes: bytes};
        const body = rows.map(one => $('<tr>').append(
            $('<th scope="row">').text(one.name), ...[one.before, one.after].map(value => $('<td>').append(figure([value, one.how], say[one.say], one.off))),
            $('<td>').addClass(one.same ? '' : one.times > 1 ? 'worse' : 'better')
                .text(one.same ? 'no difference' : '×' + fixed(one.times, 2)), $('<td>').text(one.how)));
        $('#advice-changes').append($('<thead>').append($('<tr>').append(head)), $('<tbody>').append(body));
    }

    /* What is wrong in the newer release, and what was made worse on the way to it. A wheel of one's own on the way is no
       part of it. */
    function avoided(avoid, from, to) {
        const versions = Object.keys(avoid), [first, last] = [versions.indexOf(from), versions.indexOf(to)], found = [];
        const item = (version, way, text) => $('<li>').addClass(way).append($('<b>').text(way === 'wrong' ? 'Avoid: ' : 'Worse: '),
            text + ' ', $('<a>').attr('href', (avoid[version] || {}).page).text('zarr ' + version));
        ((avoid[to] || {}).wrong || []).forEach(text => found.push(item(to, 'wrong', text)));
        const unknown = [...new Set([from, to])].filter(version => !(version in avoid));
        if (unknown.length) {
            return [...found, $('<li>').text('zarr ' + unknown.join(' and ') + ': not compared with other releases here. '
                + (to in avoid ? 'What' : 'What is wrong, or') + ' became worse on the way is not known.')];
        }
        versions.slice(first + 1, last + 1).filter(version => version === to || !avoid[version].own).forEach(version =>
            avoid[version].worse.forEach(text => found.push(item(version, 'worse', text))));
        return found.length ? found : [$('<li>').text('Nothing that was measured is wrong, or became worse on the way.')];
    }

    /* ---- CSV ---- */

    function csv() {
        const {said, current} = plan, rows = [...(current ? [said.record('now', current.now)] : []), ...said.records()];
        const columns = [...new Set(rows.flatMap(one => Object.keys(one)))];
        const cell = value => /[",\n]/.test(String(value)) ? '"' + String(value).replaceAll('"', '""') + '"' : String(value);
        const lines = [columns, ...rows.map(one => columns.map(name => name in one ? pythons(one[name]) : ''))];
        return lines.map(line => line.map(cell).join(',')).join('\n') + '\n';
    }

    const pythons = value => typeof value === 'boolean' ? (value ? 'True' : 'False') : value;

    function save() {
        const link = $('<a>').attr({href: URL.createObjectURL(new Blob([csv()], {type: 'text/csv'})), download: 'plan.csv'});
        link[0].click();
        URL.revokeObjectURL(link[0].href);
    }

    /* ---- Beginning, and events ---- */

    function fill(field, options) {
        $(field).empty().append(options.map(([value, text]) => $('<option>').val(value).text(text)));
    }

    function begin(found) {
        data = found;
        const named = name => [name, name], versions = data.releases.map(one => named(one[0])).reverse();
        fill(form.elements.dtype, Object.keys(data.types).map(named));
        fill(form.elements.kind, Object.keys(data.kinds).map(named));
        fill(form.elements.usual, USUAL);
        fill('#advice-shapes', data.volumes.map(name => [name.replaceAll('×', 'x'), name + ', measured']));
        [form.elements.release, '#advice-from', '#advice-to'].forEach(one => fill(one, versions));
        $('#advice-readers label').remove();
        const readers = Object.entries(data.readers.names || {});
        readers.forEach(([name, said]) => $('#advice-readers').append(
            $('<label>').attr('title', said).append($('<input type="checkbox">').val(name), ' ' + name)));
        $('#advice-readers').toggle(readers.length > 0);
    }

    function later() {
        clearTimeout(pause);
        pause = setTimeout(ask, PAUSE);
    }

    $(form).on('submit', function(event) {
        event.preventDefault();
        ask();
    });
    $(form).on('input', 'input:not([type=checkbox])', function() {
        ++latest;
        clear('…');
        later();
    });
    $(form).on('change', 'select, input[type=checkbox]', function(event) {
        const {name, value} = event.target;
        if (name === 'machine') {
            load($.asv.parse_hash_string(window.location.hash).params, value);
            return;
        }
        if (name === 'usual' && value !== OTHER) form.elements.use.value = value;
        if (name === 'usual' && value === OTHER) {
            $(form.elements.use).trigger('focus');
            return;
        }
        if (name === 'kind') form.elements.dtype.value = data.kinds[value];
        ask();
    });
    $('#advice-across').on('change', () => { chart(); remember(); });
    $('#advice-from, #advice-to').on('change', function() {
        upgrade = {from: $('#advice-from').val(), to: $('#advice-to').val()};
        checkUpgrade();
        remember();
    });
    $('#advice-csv').on('click', save);
    $('#advice-display .copy').on('click', event => navigator.clipboard.writeText($(event.target).next('pre').text()));
    $(window).on('resize', function() {
        if (display.is(':hidden')) return;
        position();
        if (plan) chart();
    });

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
        clear('…');
        get('advice.json').then(function(index) {
            machines = index.machines;
            fill(form.elements.machine, machines.map(one => [one, one]));
            const wanted = machine || (params.machine || [])[0];
            form.elements.machine.value = machines.includes(wanted) ? wanted : machines[0];
            return get(ofMachine('plan'));
        }).then(function(found) {
            if (mine !== latest) return;
            begin(found);
            recall(params);
            ask();
        }).fail(() => $.asv.ui.network_error());
    }
});
