"""The shape of one language's table of words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Department:
    """One kind of goods: where it hangs in the shop, what is sold there, what it weighs (g) and costs (yen)."""

    path: tuple[str, ...]
    nouns: tuple[str, ...]
    uses: tuple[str, ...]
    grams: tuple[int, int]
    yen: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Words:
    """Every text that a generated page prints in one language. ``{}`` and ``{name}`` are filled in by the templates."""

    code: str
    # What is sold
    departments: tuple[Department, ...]
    book_department: Department
    brands: tuple[str, ...]
    authors: tuple[str, ...]
    adjectives: tuple[str, ...]
    colors: tuple[str, ...]
    sizes: tuple[str, ...]
    title: str
    features: tuple[str, ...]
    book_titles: tuple[str, ...]
    subtitles: tuple[str, ...]
    description: str
    # Byline, reviews
    brand_line: str
    store_line: str
    by: str
    author_role: str
    rating: str
    review_count: str
    review_count_old: str
    no_reviews: str
    # Offer
    price_label: str
    list_price_label: str
    deal_label: str
    savings_label: str
    shipping: str
    points: str
    used_label: str
    used_from: str
    new_label: str
    sold_by: str
    in_stock: str
    low_stock: str
    delayed: str
    unavailable: str
    unavailable_more: str
    see_all_offers: str
    add_to_cart: str
    buy_now: str
    quantity: str
    delivery: str
    # Details
    details_heading: str
    technical_heading: str
    weight_label: str
    package_label: str
    dimensions_label: str
    maker_label: str
    color_label: str
    size_label: str
    date_label: str
    date: str
    months: tuple[str, ...]
    pages_label: str
    pages: str
    publisher_label: str
    language_label: str
    language_name: str
    reviews_label: str
    rank_label: str
    rank: str
    hardcover: str
    gram_units: tuple[str, ...]
    kilogram_units: tuple[str, ...]
    # The page around it
    about_heading: str
    description_heading: str
    sponsored: str
    sponsored_heading: str
    similar_heading: str
    bought_together: str
    search: str
    all_departments: str
    deliver_to: str
    sign_in: str
    cart: str
    nav: tuple[str, ...]
    footer: tuple[str, ...]
    # Lists
    results: str
    no_results: str
    next_page: str
    previous_page: str
    bestsellers: str
    bestsellers_in: str
    # Pages that are no product
    not_found_title: str
    not_found_heading: str
    not_found_text: str
    not_found_link: str
    captcha_heading: str
    captcha_text: str
    captcha_hint: str
    captcha_other: str
    continue_heading: str
    continue_button: str
    sorry_title: str
    sorry_text: str
