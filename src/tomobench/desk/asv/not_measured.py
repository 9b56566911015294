"""What the machine did is no result: asv itself records whatever a benchmark raises as a failure.

A benchmark's process says whose doing its end is (:func:`tomobench.bench.blame.declare`); one that says nothing
was ended from outside. Here that word is read before asv adds what came of it to its results:

- the release's doing: looked at again in a fresh process, and kept if it comes back, with what was raised;
- the machine's: of that benchmark nothing is kept, what was there before stays, and asv run ends with 2.

asv keeps a benchmark's cells together, so a benchmark is measured whole or not at all: in all rounds, too.
"""

import functools
import math

from asv import runner, util
from asv.commands import find as find_command
from asv.commands import run as run_command
from asv.console import log
from asv.results import Results
from asv.runner import BenchmarkResult

from tomobench.bench import blame
from tomobench.bench.blame import Whose
from tomobench.bench.store import ASIDE
from tomobench.bench.turns import WAITING
from tomobench.desk.asv import before, failures, record
from tomobench.desk.asv.before import Before

#: asv's "exit code" of a benchmark that was not measured.
OURS = -1001
#: What asv says where the suites could not be imported.
NO_SUITES = "asv: benchmark suite import failed"
#: How lines begin that a benchmark's process says to people.
SAID = (ASIDE, WAITING)

#: Benchmarks that were not measured since this was emptied last, and why.
reasons: dict[str, str] = {}

#: Those that were not in an earlier round of --interleave-rounds, and why: they are not measured in a later one.
_passed_over: dict[str, str] = {}

#: Lines for people that wait for asv's own line to end.
_said: list[str] = []


class BenchmarkDisturbed(Exception):
    """The machine was in a benchmark's way."""


def keep_the_machine_out() -> None:
    """Have asv keep no result that is the machine's doing. Called once."""
    if hasattr(runner.run_benchmark, "keeps_the_machine_out"):
        return
    runner._run_benchmark_single_param = _cell(runner._run_benchmark_single_param)
    runner.run_benchmark = _benchmark(runner.run_benchmark)
    runner.log_benchmark_result = _log(runner.log_benchmark_result)
    run_command.run_benchmarks = _all(run_command.run_benchmarks)
    run_command.skip_benchmarks = _skipped
    find_command.run_benchmarks = _or_stop(_all(find_command.run_benchmarks))
    Results.save = record.saved_with(failures.saved_with(Results.save))
    Results.load_data = before.loaded_with(Results.load_data)
    for command in (run_command.Run, find_command.Find):
        command.run = classmethod(before.begun_by(command.run.__func__))


def _cell(run):
    """asv's run of one cell: looked at twice where it fails, n/a where the call says so."""

    @functools.wraps(run)
    def cell(benchmark, spawner, param_idx, **options):
        found = _once(run, benchmark, spawner, param_idx, options)
        kind, reason = _whose(found)
        if kind is Whose.RELEASE:
            again = _once(run, benchmark, spawner, param_idx, options)
            second, why = _whose(again)
            if second is None:
                _said.append(f"{benchmark['name']}: failed once, and not again ({reason})")
            found, kind, reason = again, second, why
        if kind is Whose.OURS:
            raise BenchmarkDisturbed(reason)
        if kind is Whose.NOBODY:
            return found._replace(result=[math.nan], errcode=0)
        if kind is Whose.RELEASE:
            failures.note(benchmark, param_idx, reason)
        return found

    return cell


def _once(run, benchmark, spawner, param_idx, options) -> BenchmarkResult:
    try:
        found = run(benchmark, spawner, param_idx, **options)
        _said.extend(one for one in found.stderr.splitlines() if one.startswith(SAID))
        return found
    except util.UserError as error:
        if _gone(spawner):
            raise BenchmarkDisturbed(f"asv's server of benchmarks is gone ({error})") from None
        raise  # Ctrl-C
    except (OSError, RuntimeError) as error:
        raise BenchmarkDisturbed(blame.say(error)) from None


def _gone(spawner) -> bool:
    server = getattr(spawner, "server_proc", None)
    return server is not None and server.poll() is not None


def _whose(found: BenchmarkResult) -> tuple[Whose | None, str]:
    """Whose doing it is that a cell has no figure, and why; None if it has one, or is n/a."""
    if not found.errcode:
        return None, ""
    if found.errcode == util.TIMEOUT_RETCODE:
        return Whose.RELEASE, found.stderr.splitlines()[-1]
    if said := blame.declared(found.stderr):
        return said
    if found.errcode == runner.JSON_ERROR_RETCODE:
        return Whose.OURS, "its process left no result behind"
    words = found.stderr.splitlines()
    last = f": {words[-1]}" if found.errcode > 0 and words else ""
    return blame.ended(found.errcode), f"{blame.say_end(found.errcode)}{last}"


def _benchmark(run):
    """asv's run of one benchmark: nothing of it where the machine was in the way."""

    @functools.wraps(run)
    def benchmark(described, spawner, **options):
        failures.forget(described, options.get("selected_idx"))
        try:
            if described["name"] in _passed_over:
                raise BenchmarkDisturbed(_passed_over[described["name"]])
            return run(described, spawner, **options)
        except BenchmarkDisturbed as reason:
            return runner.fail_benchmark(described, stderr=str(reason), errcode=OURS)

    benchmark.keeps_the_machine_out = True
    return benchmark


def _log(say):
    @functools.wraps(say)
    def logged(results, benchmark, show_stderr=False):
        if results.errcode.get(benchmark["name"]) == OURS:
            log.add_padded(str(Whose.OURS))
            log.info(results.stderr[benchmark["name"]], color="default")
        else:
            say(results, benchmark, show_stderr=show_stderr)
        while _said:
            log.warning(_said.pop(0))

    return logged


def _all(run):
    """asv's run of all benchmarks of a release: what was there before stays where nothing was measured."""

    @functools.wraps(run)
    def all_of_them(benchmarks, env, results=None, **options):
        env.require(results.commit_hash)
        failures.begin()
        there = before.of(results)
        _passed_over.clear()
        _passed_over.update(there.not_measured)
        try:
            installed = env.installed()
            run(benchmarks, env, results=results, **options)
        except (OSError, RuntimeError) as error:
            raise util.UserError(f"{Whose.OURS}: {blame.say(error)}") from None
        for name in benchmarks:
            if results.errcode.get(name) == OURS or results.stderr.get(name) == NO_SUITES:
                _put_back(results, name, there, results.stderr[name])
        nothing = all(name in there.not_measured for name in benchmarks)
        record.note(results, there.installed if nothing else installed)
        return results

    return all_of_them


def _put_back(results: Results, name: str, there: Before, reason: str) -> None:
    there.put_back(results, name, reason)
    reasons[name] = reason
    results.errcode[name] = OURS


def _skipped(benchmarks, env, results=None):
    """In place of asv's, which files every benchmark of an environment that could not be made as failed."""
    failures.begin()
    there = before.of(results)
    log.error(f"{Whose.OURS}: the environment {env.name} could not be made")
    for name in benchmarks:
        _put_back(results, name, there, "its environment could not be made")
    record.note(results, there.installed)
    return results


def _or_stop(run):
    """asv find draws conclusions from each result: without one it stops."""

    @functools.wraps(run)
    def or_stopped(benchmarks, env, results=None, **options):
        found = run(benchmarks, env, results=results, **options)
        for name in benchmarks:
            if found.errcode.get(name) == OURS:
                raise util.UserError(f"{name} was {Whose.OURS}: {found.stderr[name]}")
        return found

    return or_stopped
