from foretell.core.analysis.traffic.topics import find_topics, fold_duplicates, nearest, plain, vectors_of

TEXTS = [
    "Where is my parcel?",
    "where is my parcel",
    "Where is the parcel I ordered from <email:abcdefghij>",
    "How do I get a refund",
    "I want a refund for my order please",
    "get me a refund",
    "?!",
]


def test_a_text_is_compared_without_case_signs_and_whose_pseudonym() -> None:
    assert plain("Hi, <email:abcdefghij>!") == plain("hi <email:ponmlkjihg>") == "hi email"


def test_what_asks_the_same_is_folded_into_the_first() -> None:
    assert fold_duplicates(TEXTS, vectors_of(TEXTS)).tolist() == [0, 0, 2, 3, 4, 5, 6]
    pseudonyms = ["call <phone:abcdefghij> now", "call <phone:ponmlkjihg> now", "call <phone:abcdefghij> later"]
    assert fold_duplicates(pseudonyms, vectors_of(pseudonyms)).tolist() == [0, 0, 2]


def test_groups_speak_of_one_thing_and_are_named_after_it() -> None:
    vectors = vectors_of(TEXTS[:6])
    topics = find_topics(vectors, groups=2)
    assert len({topics.group[row] for row in range(3)}) == len({topics.group[row] for row in range(3, 6)}) == 1
    assert {name for name in topics.names if "parcel" in name or "refund" in name} == set(topics.names)
    assert find_topics(vectors, groups=1).names == ("all",)
    assert find_topics(vectors.pick([]), groups=3).names == ()


def test_the_nearest_is_found_with_its_cosine() -> None:
    vectors = vectors_of(TEXTS)
    best, cosine = nearest(vectors.rows[[1, 6]], vectors.rows[[3, 0]])
    assert best[0] == 1
    assert abs(cosine[0] - 1) < 1e-9
    assert cosine[1] == 0
    best, cosine = nearest(vectors.rows[[1]], vectors.rows[[]])
    assert (best.tolist(), cosine.tolist()) == ([-1], [0.0])
