import pytest

from deploy.local.storefront.saved import SavedPages

NAMES = (
    "jp_B07WXL5YPW_switch_enUI_2022.html",
    "es_B01MUGXRT9_conga_2017.html",
    "es_B01MUGXRT9_conga_2019.html",
    "fr_B01MUGXRT9_conga_2024.html",
    "uk_1849757097_book_2017.html",
    "br_085650424X.html",
    "B0NOPREFIX.html",
    "com_captcha_image_2025.html",
    "notes.txt",
)


@pytest.fixture
def saved(tmp_path):
    for name in NAMES:
        (tmp_path / name).write_text(name)
    return SavedPages(tmp_path)


@pytest.mark.parametrize(
    ("host", "asin", "name"),
    [
        ("amazon.co.jp", "B07WXL5YPW", "jp_B07WXL5YPW_switch_enUI_2022.html"),
        ("amazon.com", "B07WXL5YPW", "jp_B07WXL5YPW_switch_enUI_2022.html"),
        ("amazon.es", "B01MUGXRT9", "es_B01MUGXRT9_conga_2019.html"),
        ("amazon.fr", "B01MUGXRT9", "fr_B01MUGXRT9_conga_2024.html"),
        ("amazon.co.jp", "B01MUGXRT9", "fr_B01MUGXRT9_conga_2024.html"),
        ("amazon.co.uk", "1849757097", "uk_1849757097_book_2017.html"),
        ("amazon.com.br", "085650424X", "br_085650424X.html"),
        ("amazon.com", "B0NOPREFIX", "B0NOPREFIX.html"),
    ],
)
def test_the_file_that_fits_best_is_found(saved, host, asin, name):
    assert saved.find(host, asin).name == name


def test_products_without_a_file_are_not_found(saved):
    assert saved.find("amazon.com", "B000000000") is None
    assert len(saved) == 7


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(NotADirectoryError, match="nowhere"):
        SavedPages(tmp_path / "nowhere")
