"""Tables of early exercise made for several expiries at once are those that each expiry gets alone."""

import numpy as np

from quant.carry import Carry
from quant.early import Asked, BoundaryTable, Range, table_for, tables_for


def test_expiries_asked_together_get_the_premiums_they_get_alone():
    steep, quarterly = Carry(100.0, 0.12), Carry(100.0, 0.04, dividends=((0.2, 1.5),))
    asked = [
        Asked(Carry(100.0, 0.04), 7 / 365, Range((0.1, 0.2))),
        Asked(quarterly, 0.5, Range((0.1, 0.3), (80.0, 120.0))),
        Asked(steep, 0.5, Range((0.15, 0.6))),
        Asked(Carry(100.0, -0.01, -0.02), 0.3, Range((0.1, 0.2))),
    ]
    strike = np.array([92.0, 100.0, 108.0])
    call, vols, european = np.array([True, False, False]), np.full(3, 0.18), np.full(3, 12.0)
    together = tables_for(asked)
    assert [isinstance(table, BoundaryTable) for table in together] == [True, False, True, False]
    for one, table in zip(asked, together, strict=True):
        alone = table_for(*one)
        assert (table.carry, table.years) == (one.carry, one.years)
        expected = alone.premium(call, strike, vols, european)
        assert expected.max() > 0
        np.testing.assert_allclose(table.premium(call, strike, vols, european), expected, rtol=1e-12, atol=1e-14)


def test_nothing_asked_makes_no_table():
    assert tables_for([]) == []
