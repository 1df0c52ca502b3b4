"""The leg optimiser's inner loop: 150,000 condors of one expiry, each with expected value, standard deviation,
probability of profit and CVaR. Peers: numpy over all outcomes in chunks, and optionlab one condor at a time."""

import statistics
from datetime import date

import numpy as np

from benchmarks.peers import optionlab
from benchmarks.timing import interleaved, row, seconds
from quant import condor_search
from quant.black import price
from quant.condor_search import Terms
from quant.condors import Grid, Wings, call_wings, measure_condors, put_wings
from quant.distribution import Outcomes, outcomes
from quant.kernels import condors as kernel
from quant.normal import Floats
from quant.reward import Measures, measure
from quant.smile import Smile

SPOT, YEARS, RATE = 100.0, 30 / 365, 0.04
ROUNDS, CHUNK, SAMPLE = 3, 250, 40


def market() -> tuple[Smile, Outcomes]:
    strikes = np.arange(70.0, 131.0, 1.0)
    k = np.log(strikes / SPOT)
    forward, discount = SPOT * float(np.exp(RATE * YEARS)), float(np.exp(-RATE * YEARS))
    smile = Smile(date(2026, 12, 18), YEARS, forward, discount, strikes, 0.25 - 0.15 * k + 0.4 * k**2)
    return smile, outcomes(smile)


def sides(smile: Smile, end: Outcomes) -> tuple[Wings, Wings, Floats, Floats]:
    """389 spreads a side (151,000 condors), and what each is worth."""
    short = np.repeat(np.arange(90.0, 99.9, 0.5), 20)[:389]
    width = np.tile(np.arange(0.5, 10.1, 0.5), 20)[:389]
    puts = put_wings(end.spots, end.weights, short, short - width)
    calls = call_wings(end.spots, end.weights, 200 - short, 200 - short + width)

    def worth(call: bool, strike: Floats) -> Floats:
        return price(call, smile.forward, strike, smile.years, smile.vol(strike), smile.discount)

    put_credit = worth(False, short) - worth(False, short - width)
    return puts, calls, put_credit, worth(True, 200 - short) - worth(True, 200 - short + width)


def main() -> None:
    smile, end = market()
    puts, calls, put_credit, call_credit = sides(smile, end)
    grid = Grid.of(end.spots, end.weights, smile.discount, puts, calls)
    put, call = (x.ravel() for x in np.indices((len(puts), len(calls))))
    credit = put_credit[put] + call_credit[call] - 0.05
    lost = tuple(smile.discount * x for x in _losses(end.spots, puts, calls))

    def chunked() -> Measures:
        parts = [
            measure(
                credit[i : i + CHUNK, None] - lost[0][put[i : i + CHUNK]] - lost[1][call[i : i + CHUNK]], end.weights
            )
            for i in range(0, len(put), CHUNK)
        ]
        columns = zip(*((x.expected, x.deviation, x.probability, x.cvar) for x in parts), strict=True)
        return Measures(*(np.concatenate(column) for column in columns))

    def closed_form() -> Measures:
        return measure_condors(Grid.of(end.spots, end.weights, smile.discount, puts, calls), put, call, credit)

    found, none = [np.empty(len(put)) for _ in range(4)], np.zeros(0)

    def compiled() -> Measures:
        shared = Grid.of(end.spots, end.weights, smile.discount, puts, calls)
        both = kernel.side_of(puts, none, none), kernel.side_of(calls, none, none)
        kernel.measure(kernel.curve_of(shared), *both, put, call, credit, *found)
        return Measures(*found)

    # a tenth above fair, so that nearly every condor is worth ranking
    terms = Terms(1.1 * put_credit, 1.1 * call_credit, 0 * put_credit, 0 * call_credit, 0.01, 0.05, 1e9, (-1.0, 1.0))

    def search() -> object:
        return condor_search._compiled(grid, terms, condor_search.EV_OVER_CVAR, 3)

    compiled(), search()
    slow, numpy, fast, best = interleaved([chunked, closed_form, compiled, search], ROUNDS)
    fast = statistics.median(seconds(compiled) for _ in range(9))
    _tell(len(put), len(end.spots), slow, numpy, fast, best)
    row("  largest difference from chunked numpy", f"{_difference(chunked(), compiled()):.0e}", "EV, sd, POP, CVaR")
    _beside_optionlab(end, smile, puts, calls, put, call, credit, fast / len(put), compiled())
    print()


def _tell(condors: int, points: int, slow: float, numpy: float, fast: float, best: float) -> None:
    head = f"{condors:,} condors, numpy over {points} outcomes in chunks"
    row(head, f"{slow * 1e3:,.0f} ms", f"{slow / condors * 1e6:.1f} µs each")
    row("  closed form, numpy", f"{numpy * 1e3:.1f} ms", f"{slow / numpy:.0f} x chunked numpy")
    row("  closed form, compiled, one thread", f"{fast * 1e3:.1f} ms", f"{slow / fast:.0f} x chunked numpy")
    row("  the best three by expected value over CVaR", f"{best * 1e3:.1f} ms", f"{slow / best:.0f} x chunked numpy")


def _losses(spots: Floats, puts: Wings, calls: Wings) -> tuple[Floats, Floats]:
    """Undiscounted losses of every side at every outcome."""
    return (
        np.minimum(np.maximum(puts.strike[:, None] - spots, 0.0), puts.width[:, None]),
        np.minimum(np.maximum(spots - calls.strike[:, None], 0.0), calls.width[:, None]),
    )


def _difference(a: Measures, b: Measures) -> float:
    pairs = ((a.expected, b.expected), (a.deviation, b.deviation), (a.probability, b.probability), (a.cvar, b.cvar))
    return max(float(np.abs(x - y).max()) for x, y in pairs)


def _beside_optionlab(
    end: Outcomes, smile: Smile, puts: Wings, calls: Wings, put: Floats, call: Floats, credit: Floats, each: float,
    ours: Measures,
) -> None:  # fmt: skip
    """Probability of profit and expected profit and loss of some condors, given outcomes drawn from ours."""
    run = optionlab()
    if run is None:
        print("  beside optionlab: left out, it is not installed")
        return
    rng = np.random.default_rng(1)
    picked = rng.choice(len(put), SAMPLE, replace=False)
    drawn = rng.choice(end.spots, 10_000, p=end.weights)

    def one(n: int) -> float:
        i, j, own = int(put[n]), int(call[n]), float(credit[n])
        legs = [
            ("put", "sell", puts.strike[i], own + 0.01), ("put", "buy", puts.strike[i] - puts.width[i], 0.01),
            ("call", "sell", calls.strike[j], 0.01), ("call", "buy", calls.strike[j] + calls.width[j], 0.01),
        ]  # fmt: skip
        found = run({
            "stock_price": SPOT, "volatility": smile.atm, "interest_rate": RATE, "min_stock": 70.0, "max_stock": 130.0,
            "price_step": 0.25, "days_to_target_date": 30, "discard_nonbusiness_days": False, "model": "array",
            "array": drawn, "calculations": ["pop", "expectation"],
            "strategy": [
                {"type": kind, "strike": float(strike), "premium": premium, "n": 100, "action": action}
                for kind, action, strike, premium in legs
            ],
        })  # fmt: skip
        return float(found.probability_of_profit)

    chances = np.array([one(n) for n in picked])
    taken = statistics.median(seconds(lambda n=n: one(n)) for n in picked)  # type: ignore[misc]
    gap = float(np.abs(chances - ours.probability[picked]).max())
    row(
        f"  optionlab, POP and expectations ({SAMPLE} condors)",
        f"{taken * 1e3:.2f} ms each",
        f"{taken / each:,.0f} x ours",
    )
    row("  largest difference of POP (its outcomes are 10,000 draws)", f"{gap:.3f}")


if __name__ == "__main__":
    main()
