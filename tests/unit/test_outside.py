"""What comes from outside: words, names, files that are read, places that are written, and what the machine does."""

import errno
import os
import re
import subprocess
import sys

import click
import pytest
from asv import util
from hypothesis import given
from hypothesis import strategies as st

from tests import REPOSITORY
from tomobench.desk import digits, files, names
from tomobench.desk.cli import Commands
from tomobench.desk.errors import UserError, explained
from tomobench.desk.options import words


@pytest.mark.parametrize("name", ["lab-server", "local-012abc", "my machine", "Rechner_ä", "a.b+c"])
def test_a_plain_name_is_taken_as_it_is(name):
    assert names.checked(name, "a name") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "..",
        ".hidden",
        "-x",
        "a/b",
        "../a",
        "a\\b",
        "C:",
        "a\nb",
        "a\0b",
        "\x1b[2J",
        "n" * 101,
        "a ",
    ],
)
def test_a_name_that_leads_out_of_its_folder_is_refused(name, refused):
    assert "a machine's name" in refused(names.checked, name, "a machine's name")


@given(st.text(max_size=120))
def test_a_name_that_passes_is_one_part_of_a_path(tmp_path_factory, name):
    try:
        names.checked(name, "a name")
    except UserError:
        return
    folder = tmp_path_factory.getbasetemp()
    assert (folder / name).parent == folder and (folder / name).name == name


@pytest.mark.parametrize(
    "given_",
    [
        ["plan", "--shape", ""],
        ["plan", "--shape="],
        ["plan", "--shape= "],
        ["volume", "info", ""],
        ["plan", "--shape", "١٢٨x128x128"],
        ["regressions", "--limit", "٥"],
        ["race", "--time-limit=٩m"],
        ["plan", "--use", "a\nb"],
    ],
)
def test_a_word_that_no_option_can_take_is_refused(given_, refused):
    refused(words, given_)


def test_ordinary_words_are_taken():
    given_ = [
        "plan",
        "--shape",
        "128×128×128",
        "--benchmark",
        "read.*(64³, 2)",
        "--",
        "-1",
        "٩.mrc",
    ]
    assert words(given_) == given_


def test_the_option_without_a_value_is_named(refused):
    assert "--shape" in refused(words, ["plan", "--shape", ""])


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to(path)])
def test_what_is_no_file_is_not_read(make, tmp_path, refused):
    make(tmp_path / "given")
    refused(files.text, tmp_path / "given")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{", b"[" * 100_000 + b"]" * 100_000])
def test_json_that_is_none_is_refused(content, tmp_path, refused):
    (tmp_path / "given.json").write_bytes(content)
    refused(files.parsed, tmp_path / "given.json")


@pytest.mark.parametrize("target", ["nowhere", "file"])
def test_nothing_is_written_in_place_of_a_link(target, tmp_path, refused):
    (tmp_path / "file").write_text("as it was")
    (tmp_path / "out").symlink_to(target)
    refused(files.output, tmp_path / "out")
    assert (tmp_path / "out").is_symlink() and (tmp_path / "file").read_text() == "as it was"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_nothing_is_written_in_place_of_what_is_no_file(make, tmp_path):
    make(tmp_path / "out")
    before = (tmp_path / "out").lstat().st_mode
    with pytest.raises(UserError), files.written(tmp_path / "out") as file:
        file.write(b"new")
    assert (tmp_path / "out").lstat().st_mode == before


def test_a_file_is_written_whole(tmp_path):
    (tmp_path / "out").write_text("old")
    with files.written(tmp_path / "out", "w") as file:
        file.write("new")
    assert (tmp_path / "out").read_text() == "new"


def test_a_place_that_can_not_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError), files.written(tmp_path / "file" / "below") as file:
        file.write(b"new")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "results/x.json"),
        PermissionError(errno.EACCES, "Permission denied", b"results"),
        MemoryError(),
        RecursionError(),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_machine_or_a_person_did_is_one_line(error, refused):
    @click.group(cls=Commands, invoke_without_command=True)
    def command():
        raise error

    assert refused(command.main, [], standalone_mode=False)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        OSError(errno.EBADF, "Bad file descriptor"),
        BrokenPipeError(),
        KeyError(1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_bug_keeps_its_traceback(error):
    with pytest.raises(type(error)), explained():
        raise error


@pytest.mark.parametrize("how", ["from", "while"])
def test_ctrl_c_in_a_library_that_was_being_imported_is_no_bug(refused, how):
    def importing():
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            if how == "from":
                raise ImportError("initialization failed") from error
            raise ImportError("initialization failed")  # noqa: B904 - as a library may

    def command():
        with explained():
            importing()

    assert refused(command) == "interrupted"


@pytest.mark.parametrize(
    "said",
    [
        "libarrow.so.2600: failed to map segment from shared object",
        "libz.so: cannot create shared object descriptor: Cannot allocate memory",
    ],
)
def test_a_library_that_has_no_memory_to_be_loaded_in_is_no_bug(refused, said):
    def command():
        with explained():
            raise ImportError(said)

    assert "not enough memory" in refused(command)
    with pytest.raises(ImportError, match="no module"), explained():
        raise ImportError("no module named so")


def test_what_asv_means_for_the_user_is_one_line(refused):
    def command():
        with explained():
            raise util.UserError("results/x.json is damaged\nand more")

    assert refused(command) == "results/x.json is damaged"


@pytest.mark.parametrize("name", ["~TS_1.mrc", "~nobody here/TS_1.mrc"])
def test_a_name_that_is_nobodys_home_is_a_name(name):
    assert str(files.expanded(name)) == name


@pytest.mark.parametrize("stdout", ["/dev/full", "closed"])
def test_output_that_can_not_be_written_is_no_traceback(stdout):
    program = "from tomobench.desk.cli import main; import sys; sys.argv = ['tomobench', '--help']; main()"
    if stdout == "closed":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open(stdout, os.O_WRONLY)
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "value"), [("10", 10), (" 2.5 ", 2.5), (".5", 0.5), ("-3", -3), ("1e3", 1000)]
)
def test_a_number_is_read(text, value):
    assert digits.number(text) == value


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1_000", "١٢٨", "１２", "1,5", "0x10"])
def test_what_is_spelt_otherwise_is_no_number(text):
    assert digits.number(text) is None


@given(st.text(st.characters(categories=["Nd"]), min_size=1))
def test_a_number_has_the_digits_0_to_9_alone(text):
    assert (digits.number(text) is not None) is text.isascii()


@pytest.mark.parametrize("text", ["0", "-1", "1e999", "nan", "٣"])
def test_what_is_not_above_0_or_without_end_is_none(text):
    assert digits.positive(text) is None


def test_no_module_takes_the_digits_of_other_scripts():
    """What ``\\d`` and ``str.isdigit`` do, but where such digits are looked for so as to refuse them."""
    takes = re.compile(r"\\d|[.]is(digit|numeric|decimal)\(")
    found = [
        path.name
        for path in (REPOSITORY / "src").rglob("*.py")
        if takes.search(path.read_text(encoding="utf-8"))
    ]
    assert sorted(found) == ["options.py"]
