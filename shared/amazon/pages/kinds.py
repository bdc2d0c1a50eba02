"""What a page is that is neither a product nor a listing: a block, an error, another site."""

from __future__ import annotations

import re

from shared.amazon.pages.document import Document, text_of
from shared.amazon.pages.model import Advice, Page, PageKind

Verdict = tuple[PageKind, str, Advice]

# Marks in the page's source, in the order they are asked for: (mark, kind, reason, advice).
MARKS: tuple[tuple[str, PageKind, str, Advice], ...] = (
    (r"<title[^>]*>\s*robot check", "blocked", "robot_check", "slow_down"),
    (
        r"captchacharacters|/captcha/|opfcaptcha-|amzn-captcha|aa-challenge-|aacb-captcha",
        "blocked",
        "captcha",
        "slow_down",
    ),
    (r"validatecaptcha", "blocked", "continue_shopping", "slow_down"),
    (r"awswaf|gokuprops|challenge-container|aws-waf-token", "blocked", "waf_challenge", "slow_down"),
    (r"ref=cs_404|/404/|kailey-kitty|/error/(?:[a-z]{2}_[a-z]{2}/)?title\._ttd_", "not_found", "not_found", "final"),
    (r"ref=cs_50[0-9]|500_503\.png|500-title|service unavailable", "unavailable", "service_unavailable", "slow_down"),
    (r"too many requests|toomanyrequests|request was throttled|rate exceeded", "blocked", "throttled", "slow_down"),
    (r"black-curtain", "blocked", "age_check", "final"),
    (r"block access from your country|not available in your (?:country|region)", "blocked", "geo_block", "final"),
    (r"the request could not be satisfied|<title>access denied", "blocked", "forbidden", "slow_down"),
    (r"api-services-support@amazon\.com", "blocked", "robot_check", "slow_down"),
    (r"id=\"?ap_email|name=\"signin\"|/ap/signin\?|authportal-main-section", "blocked", "sign_in", "retry"),
)
_MARKS = tuple(
    (re.compile(mark.encode(), re.IGNORECASE), (kind, reason, advice)) for mark, kind, reason, advice in MARKS
)
_NOT_FOUND_TITLE = re.compile(
    r"page not found|document not found|404|nicht gefunden|introuvable|non trovata|no encontrada|no se ha encontrado|"
    r"niet gevonden|"
    r"hittades inte|hittar inte|kan inte hitta|nie znaleziono|nie można (?:odnaleźć|znaleźć)|impossible de trouver|"
    r"no se encontró|no encontramos|no pudimos encontrar|não encontramos|não localiz|sayfayı bulam|ikke fundet|"
    r"nenalezen|"
    r"não encontrada|bulunamadı|見つかりません|找不到|未找到|لم يتم العثور",
    re.IGNORECASE,
)
_ERROR_TITLE = re.compile(
    r"nos excuses|siamo spiacenti|lo sentimos|desculpe|het spijt ons|tyvärr|beklagar|przepraszamy|üzgünüz|عذر|抱歉|"
    r"ご迷惑をおかけ|申し訳|"
    r"something went wrong|service unavailable|internal error|503|tut uns leid|ein fehler|une erreur|si è verificato|"
    r"algo salió mal|"
    r"se ha producido un error|er is iets|något gick fel|coś poszło|algo deu errado|bir şeyler|エラー|问题|出错|"
    r"حدث خطأ",
    re.IGNORECASE,
)
_STATUSES: dict[int, Verdict] = {
    404: ("not_found", "not_found", "final"),
    410: ("not_found", "not_found", "final"),
    429: ("blocked", "throttled", "slow_down"),
    403: ("blocked", "forbidden", "slow_down"),
    451: ("blocked", "geo_block", "final"),
    202: ("blocked", "waf_challenge", "slow_down"),
}
# Pages that are only a message are small; marks far into a large page say nothing.
_HEAD = 60_000
_AMAZON = re.compile(rb"amazon\.|ue_sn|nav-logo|media-amazon|images-amazon", re.IGNORECASE)


def by_status(status: int) -> Verdict | None:
    """What a status code alone says."""
    if status >= 500:
        return "unavailable", "service_unavailable", "slow_down"
    return _STATUSES.get(status)


def recognise(document: Document, status: int, truncated: bool) -> Page:
    """What a page is that shows neither a product nor a listing."""
    head = document.raw[:_HEAD]
    for mark, verdict in _MARKS:
        if mark.search(head):
            return Page(*verdict)
    title = text_of(document.tree.css_first("title"))
    if _NOT_FOUND_TITLE.search(title):
        return Page("not_found", "not_found", "final")
    stated = by_status(status)
    if stated is not None:
        return Page(*stated)
    if _ERROR_TITLE.search(title):
        return Page("unavailable", "service_unavailable", "slow_down")
    if truncated:
        return Page("unknown", "truncated", "retry")
    if not _AMAZON.search(head):
        return Page("unknown", "other_site", "final")
    return Page("unknown", "changed_layout", "final")
