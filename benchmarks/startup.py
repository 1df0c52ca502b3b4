"""How long ``fund --help`` takes, against an empty Python process."""

from benchmarks.timing import interleaved, process, row


def main() -> None:
    nothing, help_text = interleaved([process("-c", "pass"), process("-m", "apps.main", "--help")], rounds=15)
    row("fund --help", f"{help_text * 1000:.0f} ms", f"{help_text / nothing:.1f} x python -c pass")
    print()


if __name__ == "__main__":
    main()
