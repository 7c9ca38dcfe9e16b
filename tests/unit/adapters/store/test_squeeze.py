"""Stores in use can be read only with the dictionary that they were written with."""

from hashlib import sha256

import pytest

from foretell.adapters.store.squeeze import DICTIONARY_1, DICTIONARY_2, squeeze, unsqueeze


@pytest.mark.parametrize(
    ("dictionary", "digest"),
    [
        (DICTIONARY_1, "0c3617c1b5c9adeccf85f61ec2c6933b83b4b37e762c4dd3f4423f758f28e3b0"),
        (DICTIONARY_2, "263c47c35ea19efeaa8021d759d6a6a314b7f59f6e5e736ec3f20386876bdbc9"),
    ],
    ids=["first", "second"],
)
def test_the_dictionaries_are_those_in_use(dictionary: bytes, digest: str) -> None:
    assert sha256(dictionary).hexdigest() == digest


def test_what_was_squeezed_before_is_still_read() -> None:
    text = b"\x01\xa6output and a text of the user"
    assert unsqueeze(bytes.fromhex("6384c60238de12154a522b4a14f2d3c031094ab300")) == text
    assert unsqueeze(bytes.fromhex("066384a6000550cb275101541729e4a7814b2a50620700")) == text


def test_a_small_value_is_smaller_than_without_the_dictionary() -> None:
    assert len(squeeze(b"\xa5error\xc0\xa8recorded\xc0\xa2at\xc0")) < 10


@pytest.mark.parametrize("stream", [b"", b"\xff\xff", squeeze(b"text")[:-1]], ids=["nothing", "noise", "cut"])
def test_a_damaged_stream_is_an_error(stream: bytes) -> None:
    with pytest.raises(ValueError, match=r"ends too early|Error -3"):
        unsqueeze(stream)
