"""Every picture of the documentation is one that the script makes, and every one that it makes is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from docs.pictures import IMAGES, LARGEST, PICTURES, SIZE
from tests.test_docs_words import EVERY, inline

LINKED = [
    (page.name, str(token.attrGet("src")), (page.parent / str(token.attrGet("src"))).resolve(), token.content)
    for page in EVERY
    for token in inline(page)
    if token.type == "image"
]


@pytest.mark.parametrize(("page", "link", "path", "words"), LINKED)
def test_a_picture_that_is_shown_is_there_and_made_by_the_script(page: str, link: str, path: Path, words: str) -> None:
    assert path.is_file(), f"{page} shows {link}"
    assert path.parent == IMAGES
    assert path.stem in PICTURES
    assert words, f"{link} on {page} says nothing to who cannot see it"


def test_every_picture_that_the_script_makes_is_shown() -> None:
    assert {path.stem for _, _, path, _ in LINKED} == PICTURES.keys()


def test_no_other_picture_lies_about() -> None:
    assert {path.name for path in IMAGES.iterdir()} == {f"{name}.png" for name in PICTURES}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_and_no_wider_than_the_page(name: str) -> None:
    path = IMAGES / f"{name}.png"
    assert path.stat().st_size <= LARGEST
    with Image.open(path) as picture:
        assert 400 <= picture.width <= SIZE["width"]
        assert picture.height >= 200
