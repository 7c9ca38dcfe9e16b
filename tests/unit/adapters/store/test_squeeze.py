"""Stores in use can be read only with the dictionary that they were written with."""

from hashlib import sha256

import pytest

from foretell.adapters.store.squeeze import DICTIONARY_1, squeeze, unsqueeze


def test_the_dictionary_is_the_one_in_use() -> None:
    assert sha256(DICTIONARY_1).hexdigest() == "0c3617c1b5c9adeccf85f61ec2c6933b83b4b37e762c4dd3f4423f758f28e3b0"


def test_what_was_squeezed_before_is_still_read() -> None:
    stored = bytes.fromhex("6384c60238de12154a522b4a14f2d3c031094ab300")
    assert unsqueeze(stored) == b"\x01\xa6output and a text of the user"


def test_a_small_value_is_smaller_than_without_the_dictionary() -> None:
    assert len(squeeze(b"\xa5error\xc0\xa8recorded\xc0\xa2at\xc0")) < 10


@pytest.mark.parametrize("stream", [b"", b"\xff\xff", squeeze(b"text")[:-1]], ids=["nothing", "noise", "cut"])
def test_a_damaged_stream_is_an_error(stream: bytes) -> None:
    with pytest.raises(ValueError, match=r"ends too early|Error -3"):
        unsqueeze(stream)
