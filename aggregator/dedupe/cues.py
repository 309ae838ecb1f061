"""Words of several languages that tell what a sentence or a block of a release is. Tables only."""

from collections.abc import Iterable


def _cues(*tables: str) -> tuple[str, ...]:
    """Return the cues in these tables, which "|" parts."""
    return tuple(cue for table in tables for cue in table.replace("\n", "").split("|") if cue)


# What says that the text with it is not the release any more, or never was: beginnings of words.
_NOT_THE_RELEASE = """
correction|corrected|correcting|erratum|corrigend|retract|deni|deny|hoax|forge|fake|false|spoof|scam|
update|no longer|cancel|postpone|supersed|berichtig|korrektur|korrigiert|richtigstell|zurückgezogen|
dementi|fälsch|falschmeld|aktualisier|abgesagt|gegenstandslos|rectif|errat|dément|démenti|canular|
faux|fausse|mise à jour|mis à jour|annul|correcci|rectific|desment|desmient|niega|bulo|fals|
actualiza|correç|corrig|nega|boato|atualiza|retific|rettific|smenti|bufala|aggiorna|исправл|поправ|
уточнен|опроверг|опроверж|опроверга|подделк|фальш|ложн|отозва|отзыва|обновл|отмен|تصويب|تصحيح|تنفي|
ينفي|نفى|نفت|مزور|كاذب|شائعة|تحديث|إلغاء|rectificatie|ingetrokken|sprostowanie|düzeltme|yalan|iptal
"""
_UNSPACED = """
更正|勘误|撤回|撤销|否认|澄清|辟谣|谣言|伪造|虚假|冒用|更新|取消|延期|推迟|失效|不实|訂正|お詫び|否定|偽|誤り|中止|無効|取りやめ|แก้ไข|ปลอม|เท็จ|ปฏิเสธ|
ยกเลิก|เลื่อน|อัปเดต|정정|철회|부인|허위|취소|연기
"""
# What says so in a sentence beside the release.
_BESIDE = """
withdraw|withdrawn|lifted|revok|last week|previous|earlier release|earlier statement|reminder|
not publish|not issue|did not|has not|have not|is not true|wrong|mistake|error|apolog|misled|
contrary|as reported|we reported|our release|below is|reads as follows|original release|
original text|has been found|safe and well|resolved|now over|ended|nicht mehr|verschoben|aufgehoben|
vergangenen|vorigen|entgegen|irrtum|fehler|falsch|versehen|unsere mitteilung|unserer mitteilung|
lautete|lautet wie|ursprüngliche|erledigt|nicht veröffentlicht|keine neue|retiré|reporté|levée|
désormais|semaine dernière|rappel de|rappel du|sans objet|n publié|ne s|erreur|notre communiqué|
notre appel|texte initial|contrairement|retrouvé|aucun nouvel|retirad|cancel|aplaz|levant|
semana pasada|ya no|no ha publicado|no hemos|no ha|erróne|nuestro comunicado|comunicado anterior|
semana passada|não|já não|adiad|cancelad|erro|nosso comunicado|nota anterior|annulla|rinvia|
settimana scorsa|non più|errore|nostro comunicato|перенес|больше не|прошлой неделе|не публиков|
не выпуск|не соответств|ошибк|неверн|наше сообщение|нашего сообщения|нашем сообщении|ранее|لم|تأجيل|
الأسبوع الماضي|رفعت|خطأ|خاطئ|بياننا|البيان السابق|خلافا|vorige week|niet meer|zeszłym|nie jest|
geçen hafta
"""
_UNSPACED_BESIDE = """
解除|上周|不再|并非|並非|没有发布|未发布|新闻稿|原文|先週|発表したもの|前回|出していません|สัปดาห์ที่แล้ว|อีกครั้ง|ไม่มีผล|ไม่ได้|หยุด|
ข่าวของเรา
"""
# Beginnings of words have a blank before them; a pattern of all of them would take 0.2 s to compile.
_TITLE = (*(f" {cue}" for cue in _cues(_NOT_THE_RELEASE)), *_cues(_UNSPACED))
_ADDED = (*_TITLE, *(f" {cue}" for cue in _cues(_BESIDE)), *_cues(_UNSPACED_BESIDE))


def in_title(words: str) -> frozenset[str]:
    """Return the cues in the words of a headline, with single blanks between them."""
    return _found(_TITLE, words)


def in_addition(words: str) -> frozenset[str]:
    """Return the cues in the words of sentences that stand beside a release."""
    return _found(_ADDED, words)


def _found(cues: Iterable[str], words: str) -> frozenset[str]:
    text = f" {words}"
    return frozenset(cue for cue in cues if cue in text)


# First person: what each organisation says of itself.
_WE = """
we our us wir unser unsere uns nous notre nos nuestra nuestro nuestras nuestros nosotros nosso nossa
nostro nostra мы наш наша наше наши نحن موقعنا مكاتبنا مكتبنا
"""
WE = frozenset(_WE.split())
WE_UNSPACED = ("我们", "本网站", "本站", "我司", "当社", "弊社", "私たち", "当サイト", "เรา", "了承", "谅解")

# Beginnings and ends of headings of boilerplate, beginnings of contact lines, and lines that say where to
# read on.
ABOUT = (
    "про ",
    "tentang ",
    "về ",
    "about ",
    "über ",
    "à propos",
    "acerca de",
    "sobre ",
    "о ",
    "об ",
    "关于",
    "關於",
    "عن ",
    "نبذة عن",
    "حول ",
    "เกี่ยวกับ",
    "informazioni su",
    "chi siamo",
    "over ",
    "om ",
    "o nas",
    "o firmie",
    "profil",
    "portrait",
    "notes to editors",
    "note to editors",
    "notes for editors",
    "background on",
    "hintergrund zu",
    "unternehmensprofil",
    "編集者注",
    "ประวัติ",
)
ABOUT_ENDS = ("के बारे में", "について", "とは", "소개", "hakkında")
CONTACT = (
    "contact",
    "kontakt",
    "pressekontakt",
    "press contact",
    "media contact",
    "press office",
    "media enquir",
    "media relations",
    "contacto",
    "contato",
    "contatti",
    "assessoria",
    "oficina de prensa",
    "pressestelle",
    "rückfragen",
    "service de presse",
    "presse ",
    "для прессы",
    "контакт",
    "пресс-служба",
    "للتواصل",
    "للاستفسار",
    "المكتب الصحفي",
    "ติดต่อ",
    "ฝ่ายสื่อ",
    "联系",
    "媒体联",
    "新闻联系",
    "聯絡",
    "お問い合わせ",
    "問い合わせ",
    "お客様センター",
    "広報担当",
    "報道関係",
    "連絡先",
    "the press office",
    "gabinete de prensa",
    "for more information",
    "weitere informationen",
    "pour plus d",
    "más información",
    "mais informações",
    "follow us",
    "folgen sie uns",
    "photo",
    "foto",
    "bild",
)
MORE = (
    "read more",
    "continue reading",
    "full story",
    "full text",
    "more",
    "weiterlesen",
    "mehr lesen",
    "zur meldung",
    "lire la suite",
    "en savoir plus",
    "leer más",
    "seguir leyendo",
    "leia mais",
    "saiba mais",
    "continua a leggere",
    "leggi tutto",
    "читать далее",
    "подробнее",
    "اقرأ المزيد",
    "تابع القراءة",
    "阅读全文",
    "查看全文",
    "阅读更多",
    "更多",
    "続きを読む",
    "全文を読む",
    "もっと見る",
    "อ่านต่อ",
    "อ่านทั้งหมด",
    "อ่านเพิ่มเติม",
    "read the full",
    "lees meer",
    "###",
    "ends",
    "ende",
    "fin",
)
# Those of them that others may follow: a short word begins other lines, too.
READ_ON = tuple(each for each in MORE if len(each) > 7 or not each.isascii())
