"""What every compiled loop can rely on."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOM = Path(__file__).parents[2] / "quant" / "kernels"


def test_a_changed_helper_in_another_file_compiles_the_kernel_again(tmp_path):
    room = tmp_path / "quant" / "kernels"
    room.mkdir(parents=True)
    (tmp_path / "quant" / "__init__.py").touch()
    shutil.copy(ROOM / "__init__.py", room)
    loop = "from quant.kernels import fused\nfrom quant.kernels.helper import raised\n\n\n"
    (room / "loop.py").write_text(loop + "@fused\ndef run(x):\n    return raised(x)\n")
    for step in (1.0, 2.0):
        helper = "from quant.kernels import part\n\n\n"
        (room / "helper.py").write_text(f"{helper}@part\ndef raised(x):\n    return x + {step}\n")
        code = "from quant.kernels.loop import run; print(run(0.0))"
        said = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert float(said.stdout) == step


@pytest.fixture(scope="module")
def elementary():
    from quant.kernels import elementary

    return elementary


def test_the_logarithm_is_right_to_the_last_place(elementary):
    x = np.exp(np.linspace(-700, 700, 2001))
    ours = np.array([elementary.log(value) for value in x.tolist()])
    assert np.allclose(ours, np.log(x), rtol=3e-16, atol=3e-16)


def test_the_bell_and_the_tail_are_right_to_fifteen_digits(elementary):
    mp = pytest.importorskip("mpmath")
    with mp.workdps(40):
        for d in (0.0, 1e-9, 0.3, 1.0, 2.5, 5.0, 8.0, 12.0, 25.0, 37.5, 59.0):
            above, below = elementary.tail_parts(d)
            exact = 2 * mp.ncdf(-mp.mpf(d)) * mp.exp(mp.mpf(d) ** 2 / 2)
            assert above / below == pytest.approx(float(exact), rel=1e-15)
            if d < 37.6:
                assert elementary.gauss(d) == pytest.approx(float(mp.exp(-(mp.mpf(d) ** 2) / 2)), rel=1e-15)
            else:
                assert elementary.gauss(d) == 0.0
