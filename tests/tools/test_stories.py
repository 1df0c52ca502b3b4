from tools.stories import group, story_id

RECALL = "Acme recalls 20,000 trucks over brake defect"


def test_a_post_that_repeats_a_headline_tells_its_story() -> None:
    assert group([RECALL, "lol Acme recalls its trucks, brake defect again"]) == (0, 0)


def test_two_events_of_one_company_are_two_stories() -> None:
    assert group([RECALL, "Acme opens factory in Ohio with 2,000 jobs"]) == (0, 1)


def test_short_texts_tell_no_story_together() -> None:
    assert group(["nice stock", "nice stock"]) == (0, 1)


def test_a_story_is_named_by_its_words_and_not_by_its_spelling() -> None:
    assert story_id("Acme RECALLS 20,000 trucks over\x00 brake defect!") == story_id(RECALL)


def test_nothing_said_names_nothing() -> None:
    assert story_id("") == ""
