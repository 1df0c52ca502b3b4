"""What is stored comes back equal, has one name, and cannot change unnoticed."""

import hashlib
import json
import zlib
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Corrupt
from memory.codec import decode, encode
from tests.memory.samples import CLOSE, chain, context, prices, same, series

SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1e308])


@pytest.mark.parametrize(
    "value",
    [
        chain(),
        chain(rows=0),
        context(),
        prices(),
        series(),
        {"empty": {}, "none": None, "deep": [1, [2.5, (True, ("x", ()))]], "at": CLOSE, "day": date(2026, 1, 2)},
        {"floats": SPECIAL, "ints": np.arange(5, dtype=np.int32), "flags": np.array([True, False]), "big": 10**30},
        {"table": np.arange(6.0).reshape(2, 3), "every second": np.arange(10.0)[::2], "text": np.array(["ä", "bcd"])},
        {
            "minutes": np.array(["2026-08-20T15:30", "NaT"], dtype="datetime64[m]"),
            "odd": float("-inf"),
            "lone": "\ud800",
        },
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_value_comes_back_exactly(value: Any) -> None:
    encoded = encode(value)
    assert same(value, decode(encoded.snapshot_id, encoded.compressed()))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text().filter(lambda k: k != "~"), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text().filter(lambda key: key != "~"), json_values))
def test_any_document_comes_back_exactly(document: dict[str, Any]) -> None:
    encoded = encode(document)
    assert same(document, decode(encoded.snapshot_id, encoded.compressed()))


def test_the_id_depends_on_the_content_alone() -> None:
    assert encode(chain()).snapshot_id == encode(chain()).snapshot_id
    assert encode({"a": 1, "b": 2}).raw == encode({"b": 2, "a": 1}).raw
    assert encode(chain()).snapshot_id == encode(chain(quote_time=CLOSE.astimezone(UTC))).snapshot_id
    assert encode(chain(strike=chain().strike.astype(">f8"))).snapshot_id == encode(chain()).snapshot_id
    assert encode(chain()).snapshot_id != encode(chain(spot=640.26)).snapshot_id


def test_a_changed_byte_is_noticed_and_the_snapshot_named() -> None:
    encoded = encode(chain())
    forged = zlib.compress(encoded.raw.replace(b"640.25", b"640.26"))
    for stored in (forged, b"", encoded.compressed()[:-9], b"\0" + encoded.compressed()):
        with pytest.raises(Corrupt, match=encoded.snapshot_id[:12]):
            decode(encoded.snapshot_id, stored)


def test_what_cannot_come_back_exactly_is_refused() -> None:
    for bad in ({"x": {1, 2}}, {1: "x"}, {"~": 1}, {"x": object()}, {"x": np.array([object()])}):
        with pytest.raises(TypeError):
            encode(bad)
    with pytest.raises(ValueError, match="no time zone"):
        encode({"at": datetime(2026, 8, 20)})  # noqa: DTZ001


def test_decoded_arrays_cannot_be_changed() -> None:
    encoded = encode(chain())
    with pytest.raises(ValueError, match="read-only"):
        decode(encoded.snapshot_id, encoded.compressed()).bid[0] = 1.0


def test_a_context_of_before_there_were_measures_keeps_its_history() -> None:
    now = encode(context())
    head = now.raw[8 : 8 + int.from_bytes(now.raw[:8], "little")]
    tree = json.loads(head.decode("utf-8", "surrogatepass"))
    past = tree["value"].pop("measures")
    tree["value"]["iv_history"] = past["iv30"]
    older = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    raw = (
        len(older).to_bytes(8, "little")
        + older
        + bytes(-(8 + len(older)) % 16)
        + now.raw[-(-(8 + len(head)) // 16) * 16 :]
    )

    read = decode(hashlib.sha256(raw).hexdigest(), zlib.compress(raw))

    assert same(read.measures, {"iv30": context().measures["iv30"]})
    assert same(read.iv_history, context().iv_history) and same(read.history, context().history)
