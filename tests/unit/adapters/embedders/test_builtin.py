"""The embedder that is always there: equal texts are equal, likeness is what words are shared."""

import numpy as np
import pytest

from foretell.adapters.embedders.builtin import BuiltinEmbedder
from foretell.core.ports.targets import Tools
from foretell.testing.targets import ScriptedWire

RETURN = "You can return the shoes within 30 days of purchase."


async def embed(*texts: str) -> np.ndarray:
    reply = await BuiltinEmbedder().connect(Tools(ScriptedWire(), {}.get)).embed(texts)
    assert reply.cost_usd == 0
    return np.array(reply.vectors)


async def test_a_vector_depends_on_its_text_alone() -> None:
    together = await embed(RETURN, "Other words.", RETURN)
    (alone,) = await embed(RETURN)
    assert (together[0] == alone).all()
    assert (together[2] == alone).all()


async def test_vectors_have_length_one_and_empty_texts_none() -> None:
    vectors = await embed(RETURN, "", "?!", "7")
    assert vectors.shape == (4, 1024)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0, 1])


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        (RETURN.upper(), "You can return the shoes within 14 days of purchase."),
        ("You can return the shoes within 14 days of purchase.", "Shoes may be sent back for 30 days."),
        ("Shoes may be sent back for 30 days.", "The weather in Lisbon is sunny and you can swim in the sea."),
        ("You cna retrun the sheos within 30 days of purchse.", "You will get an answer within the week."),
    ],
)
async def test_what_shares_more_is_nearer(nearer: str, farther: str) -> None:
    text, near, far = await embed(RETURN, nearer, farther)
    assert text @ near > text @ far + 0.1


async def test_common_words_alone_make_nothing_alike() -> None:
    a, b = await embed("It is in the box that you have on it.", "He was at the end of it and you can go to him.")
    c, d = await embed("Die Ware ist in der Kiste.", "Der Laden ist in der Stadt und hat auf.")
    assert max(a @ b, c @ d) < 0.3
