from tools.text import LONGEST, clean


def test_control_characters_and_direction_overrides_never_reach_a_reader() -> None:
    assert clean("sell\x00 \x1b[31mnow\u202e\u200b!\ud800") == "sell [31mnow!"


def test_a_wall_of_text_is_cut_to_its_cap() -> None:
    assert len(clean("word " * 100_000)) <= LONGEST


def test_nothing_stays_nothing() -> None:
    assert clean(" \n\t ") == ""
