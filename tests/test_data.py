"""The loaders: where they search, what they refuse, and the figures of the real files."""

import functools
import hashlib
import http.server
import io
import os
import re
import socket
import tarfile
import threading
from pathlib import Path

import numpy as np
import pooch
import pytest

from purevjp.study import data

OWN_FOLDER = os.environ.get("PUREVJP_DATA_DIR", "")
RED = "winequality-red.csv"
HOUSING = "cal_housing.data"
FILES = {"red-wine": RED, "white-wine": "winequality-white.csv", "california": HOUSING}
NAMES = ";".join(data.WINE_COLUMNS)
ROW = "7.4;0.7;0;1.9;0.076;11;34;0.9978;3.51;0.56;9.4;5"
GOOD = f"{NAMES}\n{ROW}\n"
DISTRICT = "-122.23,37.88,41,880,129,322,126,8.3252,452600\n"


def of_quality(quality):
    """A file of one red wine, to be told from others by its target."""
    return GOOD.replace(";5\n", f";{quality}\n").encode()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, no folder of one's own, and addresses where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("PUREVJP_DATA_DIR", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    for name, source in data.SOURCES.items():
        monkeypatch.setitem(source, "address", f"{nobody}/{name}")
    return tmp_path / "cache" / "purevjp"


@pytest.fixture
def write(tmp_path):
    def written(content, name=RED):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return written


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """`serve(name, content)` gives a data set's file another address, content and sha256, or other pins."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def served(name, content, **pins):
            (folder / name).write_bytes(content)
            address = f"http://127.0.0.1:{server.server_port}/{name}"
            for key, value in {"address": address, "sha256": sha256(content), **pins}.items():
                monkeypatch.setitem(data.SOURCES[name], key, value)
            return folder / name

        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def real(monkeypatch):
    """`real(name)` loads a data set from the folder that the tests were started with."""

    def load(name):
        if not OWN_FOLDER or not (Path(OWN_FOLDER) / FILES[name]).exists():
            pytest.skip(f"PUREVJP_DATA_DIR does not name a folder with {FILES[name]}")
        monkeypatch.setenv("PUREVJP_DATA_DIR", OWN_FOLDER)
        return data.DATASETS[name]["load"]()

    return load


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace(";", ","),
        GOOD.replace(";", " , "),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD,
        GOOD + "\n  \n\r\n",
        GOOD.rstrip(),
        GOOD.replace(NAMES, '"' + NAMES.replace(";", '"; "') + '"'),
        "\n".join(";".join(line.split(";")[::-1]) for line in GOOD.splitlines()),
    ],
    ids=["plain", "commas", "spaces", "crlf", "cr", "bom", "blank end", "no end", "quoted", "reversed"],
)
def test_wine_is_read_in_any_spelling(write, content):
    features, target, names = data.red_wine(write(content))
    assert features.tolist() == [[float(cell) for cell in ROW.split(";")[:-1]]]
    assert target.tolist() == [5.0]
    assert names == data.WINE_COLUMNS[:-1]
    assert features.dtype == target.dtype == np.float64


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", " is empty"),
        ("\n \n", " is empty"),
        (NAMES, " has a header but no rows"),
        (GOOD.replace("pH;", ""), ", line 1: column 'pH' is missing"),
        (GOOD.replace("quality", "quality;colour"), ", line 1: column 'colour' is not one of the data set's"),
        (GOOD.replace("quality", "quality;pH"), ", line 1: column 'pH' occurs more than once"),
        (GOOD + "1;2", ", line 3: got 2 cells, but should get 12"),
        (GOOD + ROW + ";6", ", line 3: got 13 cells, but should get 12"),
        (GOOD.replace(";", ",") + "1;2", ", line 3: got 1 cells, but should get 12"),
        (GOOD + "\n" + ROW, ", line 3: got 0 cells, but should get 12"),
        (GOOD + ROW.replace("3.51", "sour"), ", line 3: 'pH' is 'sour', but should be a number"),
        (GOOD + ROW.replace("3.51", "3,51"), ", line 3: 'pH' is '3,51', but should be a number"),
        (GOOD + ROW.replace("3.51", "3_51"), ", line 3: 'pH' is '3_51', but should be a number"),
        (GOOD + ROW.replace("3.51", ""), ", line 3: 'pH' is '', but should be a number"),
        (GOOD + ROW.replace("3.51", "nan"), ", line 3: 'pH' is 'nan', but should be finite"),
        (GOOD + ROW.replace("3.51", "1e999"), ", line 3: 'pH' is '1e999', but should be finite"),
        (GOOD + ROW.replace("3.51", '"3.51'), ", line 3: unexpected end of data"),
        (GOOD.encode("utf-16"), " is not UTF-8 text: invalid start byte at byte 0"),
    ],
)
def test_wine_that_is_not_right_is_refused(write, content, fault):
    file = write(content)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{file}{fault}')}$"):
        data.red_wine(file)


def test_housing_is_derived_from_the_raw_columns(write):
    features, target, names = data.california_housing(write(DISTRICT + DISTRICT, HOUSING))
    expected = [8.3252, 41, 880 / 126, 129 / 126, 322, 322 / 126, 37.88, -122.23]
    assert features.tolist() == [expected, expected]
    assert target.tolist() == [4.526, 4.526]
    assert names[:3] == ("MedInc", "HouseAge", "AveRooms")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", " is empty"),
        (DISTRICT.replace(",126,", ",0,"), ", line 1: got 0 households, but should get at least one"),
        (DISTRICT + DISTRICT.replace(",126,", ",-2,"), ", line 2: got -2 households, but should get at least one"),
        (DISTRICT + "1,2,3", ", line 2: got 3 cells, but should get 9"),
        (DISTRICT.replace("880", "many"), ", line 1: 'totalRooms' is 'many', but should be a number"),
    ],
)
def test_housing_that_is_not_right_is_refused(write, content, fault):
    file = write(content, HOUSING)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{file}{fault}')}$"):
        data.california_housing(file)


def test_search_goes_from_the_path_to_the_own_folder_to_the_cache_to_the_download(write, serve, cache, monkeypatch):
    served = serve(RED, of_quality(4))
    assert data.red_wine()[1] == 4
    served.unlink()
    assert data.red_wine()[1] == 4, "the second time it comes out of the cache"
    assert (cache / RED).exists()

    own = write(of_quality(2), f"own/{RED}").parent
    monkeypatch.setenv("PUREVJP_DATA_DIR", str(own))
    assert data.red_wine()[1] == 2
    file = write(of_quality(1), f"given/{RED}")
    assert data.red_wine(file)[1] == data.red_wine(str(file.parent))[1] == 1
    (own / RED).unlink()
    assert data.red_wine()[1] == 4, "an own folder without the file does not end the search"


def test_housing_comes_out_of_its_archive(serve, cache):
    content = DISTRICT.encode()
    member = tarfile.TarInfo("CaliforniaHousing/cal_housing.data")
    member.size = len(content)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as file:
        file.addfile(member, io.BytesIO(content))
    served = serve(HOUSING, archive.getvalue(), archive_sha256=sha256(archive.getvalue()), sha256=sha256(content))
    assert data.california_housing()[1] == 4.526
    served.unlink()
    assert data.california_housing()[1] == 4.526
    assert (cache / HOUSING).read_bytes() == content


def test_download_with_another_checksum_is_refused_and_not_kept(serve, cache):
    wrong, right = of_quality(9), sha256(of_quality(5))
    serve(RED, wrong, sha256=right)
    with pytest.raises(ValueError, match=rf"{RED}.*{right}.*{sha256(wrong)}"):
        data.red_wine()
    assert list(cache.iterdir()) == []


def test_cached_file_with_another_checksum_is_refused(write):
    file = write(GOOD, f"cache/purevjp/{RED}")
    expected = data.SOURCES[RED]["sha256"]
    message = f"{file} has sha256 {sha256(GOOD.encode())}, but should have {expected}: delete it to download it again"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        data.red_wine()


@pytest.mark.parametrize("name", FILES)
def test_without_network_the_error_says_what_to_do(name):
    file = FILES[name]
    address = re.escape(data.SOURCES[file]["address"])
    with pytest.raises(FileNotFoundError, match=rf"^{file} .* {address} .*\(ConnectionError\).*PUREVJP_DATA_DIR$"):
        data.DATASETS[name]["load"]()


def test_file_that_has_moved_is_told_from_no_network(serve):
    serve(RED, b"").unlink()
    with pytest.raises(FileNotFoundError, match=r"\(HTTPError\)"):
        data.red_wine()


def test_missing_path_and_missing_folder_are_named(tmp_path, monkeypatch):
    for given, missing in ((tmp_path, tmp_path / RED), (tmp_path / "no", tmp_path / "no")):
        with pytest.raises(FileNotFoundError, match=f"^{re.escape(str(missing))} does not exist$"):
            data.red_wine(given)
    monkeypatch.setenv("PUREVJP_DATA_DIR", str(tmp_path / "no"))
    with pytest.raises(FileNotFoundError, match=r"^PUREVJP_DATA_DIR is '.*no', but should be a folder$"):
        data.red_wine()


@pytest.mark.parametrize("name", FILES)
def test_real_files_have_the_pinned_checksums(real, name):
    real(name)
    assert sha256((Path(OWN_FOLDER) / FILES[name]).read_bytes()) == data.SOURCES[FILES[name]]["sha256"]


@pytest.mark.parametrize(("name", "rows"), [("red-wine", 1599), ("white-wine", 4898)])
def test_real_wine(real, name, rows):
    features, target, names = real(name)
    assert features.shape == (rows, 11)
    assert target.shape == (rows,)
    assert len(names) == 11
    assert set(target) <= {3, 4, 5, 6, 7, 8, 9}


def test_real_housing_has_the_published_figures(real):
    features, target, _ = real("california")
    assert features.shape == (20640, 8)
    first = [8.3252, 41, 6.984127, 1.0238095, 322, 2.555556, 37.88, -122.23]
    means = [3.870671, 28.639486, 5.429000, 1.096675, 1425.476744, 3.070655, 35.631861, -119.569704]
    np.testing.assert_allclose(features[0], first, rtol=1e-6)
    np.testing.assert_allclose(features.mean(axis=0), means, rtol=0, atol=5e-7)
    np.testing.assert_allclose([target[0], target.mean()], [4.526, 2.068558], rtol=0, atol=5e-7)


def test_diabetes_needs_no_file_and_keeps_its_units():
    features, target, names = data.diabetes()
    assert features.shape == (442, 10)
    assert names[:3] == ("age", "sex", "bmi")
    assert (features[0, 0], target[0]) == (59, 151)
    assert features.dtype == target.dtype == np.float64


def test_every_data_set_has_a_loader_a_target_and_a_unit():
    assert list(data.DATASETS) == ["red-wine", "white-wine", "california", "diabetes"]
    for record in data.DATASETS.values():
        assert callable(record["load"])
        assert record["target"]
        assert isinstance(record["unit"], str)
