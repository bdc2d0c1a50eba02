"""The words for each state of availability, in the languages of the marketplaces."""

from __future__ import annotations

import re

from shared.amazon.pages.model import Availability
from shared.amazon.pages.text import plain

# The first state that matches counts: "out of stock, order now" comes before "out of stock", that before "in stock".
STATES: tuple[tuple[Availability, tuple[str, ...]], ...] = (
    (
        Availability.PREORDER,
        (
            # asked to be ordered before it appears, whatever date stands beside
            r"pre-?\s?order|vorbestell|pr[ée]-?\s?command|pre-?\s?ordin|prenota(?:lo|bile)|preventa|"
            r"pré-?\s?(?:venda|encomend)|förbeställ|przedsprzeda|zamów przed premierą|ön sipariş|"
            r"予約|预订|预售|預購|طلب مسبق",
        ),
    ),
    (
        Availability.BACKORDER,
        (
            # delivered later than within days, or at a stated time
            r"\b(?:weeks|months|wochen|monaten?|semaines|mois|settiman[ae]|mes[ie]|semanas|meses|weken|maand(?:en)?|"
            r"veckor|månader|tygodni|miesi\w+|hafta|uker|týdn\w+)\b|週間|週後|か月|ヶ月|カ月|"
            r"周内|個月|个月|أسابيع|أسبوع|주 이내",
            r"back-?\s?order|in stock (?:on|soon|from)|lieferbar ab|wieder auf lager ab|i lager den \d|stokta olacak|"
            r"disponib\w+ (?:el \d|"
            r"le \d|il \d|"
            r"dal \d|(?:a|à) partir d)|entrada en stock|入荷予定(?!は立|はあり|あり|有り|がな|未定)|入荷次第",
            # gone, and taken orders for all the same
            r"order (?:it )?now.{0,40}(?:when|as soon as|once)|(?:out of|not in|in) stock.{0,40}order (?:it )?now|"
            r"bestellen sie jetzt|jetzt bestellen|commandez(?:-le)? (?:dès )?maintenant|ordina(?:lo)? (?:ora|adesso)|"
            r"haz tu pedido|realiza tu pedido|haz el pedido|faça (?:já )?(?:o |seu )?pedido|bestel nu|beställ nu|"
            r"zamów teraz|şimdi sipariş",
        ),
    ),
    (
        Availability.PREORDER,
        (
            r"pre-?\s?order|will be (?:released|available|published)|(?:been|be) released|not yet been published",
            r"vorbestell|erscheint am|noch nicht erschienen|wird am .{1,30} veröffentlicht",
            r"pr[ée]-?\s?command|paraîtra|pas encore paru|sortira le|à paraître",
            r"pre-?\s?ordin|prenota(?:lo|bile|zione)|uscirà",
            r"preventa|pre-?venta|reserva|saldrá a la venta|se lanzará|se publicará",
            r"pré-?\s?(?:venda|encomend|compra)|será lançado",
            r"pre-?bestel|reserveer|verschijnt op|komt uit op|förhands|förbeställ|släpps",
            r"przedsprzeda|zamów przed premierą|premiera|ukaże się|ön sipariş|yayınlanaca|piyasaya sürülece",
            r"予約|発売予定|まだ発売|預購|预订|预售|上市|طلب مسبق|الطلب المسبق|سيتم إصدار|예약|발매 예정|प्री-?ऑर्डर",
        ),
    ),
    (
        Availability.UNAVAILABLE,
        (
            r"unavailable|(?:out of|not in|back in) stock|not (?:currently )?available|isn.t available|"
            r"no longer available|sold out|"
            r"no featured offers",
            r"nicht (?:mehr )?(?:verfügbar|auf lager|lieferbar|vorrätig|erhältlich)|ausverkauft|vergriffen",
            r"indisponible|(?:plus|pas) disponib|non (?:è|più|sono) .{0,20}disponib|no est[áa]n? disponib|"
            r"rupture|épuisé|non disponibil|esaurit|no disponib|agotad|sin stock|sin existencias",
            r"não (?:está .{0,12})?disponív|indispon[íi]ve|esgotad|(?:fora|sem) de estoque|sem estoque|sem stock",
            r"niet (?:meer |langer )?(?:beschikbaar|op voorraad|leverbaar|verkrijgbaar)|uitverkocht",
            r"(?:inte|ej) (?:längre )?tillgänglig|inte i lager|slut i lager|otillgänglig|finns inte|slutsåld|utsåld",
            r"niedostępn|nie jest .{0,12}dostępn|brak w magazynie|wyprzedan|nedostupn|vyprodán|"
            r"ikke (?:tilgængelig|på lager)|"
            r"utilgængelig|udsolgt",
            r"mevcut değil|stokta(?: şu anda)? yok|bulunmuyor|bulunmamakta|tükendi",
            r"在庫切れ|お取り扱いできません|取り扱って|入荷未定|販売していません|在庫なし|在庫がありません|"
            r"購入できません|販売終了|販売休止|取扱終了",
            r"无货|缺货|缺貨|售罄|无法|無法|不可用|没有库存|沒有庫存",
            r"غير متوفر|غير متاح|لم يعد|لا يتوفر|ليس متوفر|نفد|नहीं|अनुपलब्ध|품절|구매할 수 없|이용할 수 없|"
            r"재고 없|לא זמין|אזל",
        ),
    ),
    (
        Availability.LOW_STOCK,
        (
            r"only \d+ (?:left|remain)|last one|nur noch|plus que|il ne reste|quedan?\b|queda\(n\)|"
            r"sol[oi] \d|sólo \d",
            r"apenas \d|restam|só (?:restam|\d)|rest(?:a|ano) solo|nog (?:slechts|maar|\d)|slechts \d|"
            r"endast \d|bara \d",
            r"został|pozostał|tylko \d|sadece \d|stokta sadece|son \d|kun \d|pouze \d|zbýv",
            r"残り|仅剩|只剩|僅剩|剩下|تبق|متبقي|केवल \d|सिर्फ \d|\d+개(?:만)? 남|נותר",
        ),
    ),
    (
        Availability.IN_STOCK,
        (
            r"in stock|available|usually (?:ships|dispatched|delivered)|ships (?:from|within|in)|dispatched",
            r"auf lager|lieferbar|erhältlich|versandfertig|gewöhnlich|en stock|disponib|expédi|habitu|immediata",
            r"generalmente|normalmente|geralmente|em (?:estoque|stock)|disponíve|"
            r"env(?:ío|iado|io) (?:en|em)\b|se envía en|spedi(?:zione in|to entro)\b",
            r"op voorraad|verkrijgbaar|verzonden|meestal|i lager|tillgänglig|vanligtvis|skickas|på lager|tilgængelig",
            r"w magazynie|dostępn|zazwyczaj|zwykle|wysył|skladem|dostupn",
            r"stokta|genellikle|temin edilebilir|kargoya",
            r"在庫あり|在庫があり|お求めいただけます|通常|ダウンロード(?:可|でき)|现货|現貨|有貨|有货|库存|庫存|发货|發貨",
            r"متوفر|متاح|المخزون|स्टॉक में|उपलब्ध|재고|구매 가능|במלאי|זמין",
        ),
    ),
)
_STATES = tuple((state, re.compile("|".join(words))) for state, words in STATES)


def state_of(text: str) -> Availability:
    """The state that an availability line means."""
    folded = plain(text).casefold()
    return next((state for state, words in _STATES if words.search(folded)), Availability.UNKNOWN)
