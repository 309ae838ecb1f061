"""Words of several languages that mean the same, for the comparison of two texts. Tables only.

Languages share one table: a word stands in it only if it means the same wherever it is a word.
"""

from collections.abc import Iterable, Iterator


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Return the words of each line after its first, each with that one."""
    for line in text.strip().splitlines():
        first, *others = line.split()
        for other in others:
            yield other, first


def _numbered(text: str) -> dict[str, int]:
    return {word: int(number) for word, number in _words(text)}


# Dropped where one text has them and the other has not. No negation, quantity, modal verb or direction: each
# of these changes what a sentence says.
_LIGHT = """
a an the of that which who also too then now here is are was were be been has have had its his her
their this these those mr mrs ms dr prof der die das den dem des ein eine einen einem einer eines
auch nun dann hier ist sind war waren hat haben wird werden herr frau le la les l un une du de d
aussi est sont ont m mme qu que el los las una unos unas del al también es son ha han sr sra señor
señora o os um uma uns umas do da dos também é são foi il lo gli uno dei della anche è sono het een
ook en y e et und and и также это г th st nd rd er ère ª º p s t ll ve n
"""
LIGHT = frozenset(_LIGHT.split())
# Characters that politeness, okurigana and form add or leave out in Japanese and Chinese.
LIGHT_CHARACTERS = frozenset("いえおがきけげごしせちでとにのはみもりわを个之了位名地御的")

# The first word of a line stands for the others.
_ALIKE = """
said says stated states told tells
in into on at
because as since
about around approximately roughly some circa etwa rund zirka ca ungefähr environ quelque unos
about aproximadamente
until till
while whilst
amid among amongst
begin start
begins starts
began started
buy purchase
children kids
free gratis
% percent prozent pourcent porcentaje процентов процента процент パーセント ร้อยละ
€ euro euros eur
$ dollar dollars usd
£ pound pounds
million millions millionen mn m mio миллион миллиона миллионов млн
billion billions milliarden mrd миллиард миллиарда миллиардов млрд bn
kilometre kilometres kilometer kilometers km
kilogram kilograms kilogramme kilogrammes kg
metre metres meter meters
doctor docteur doktor doktora dr доктор الدكتور د
professor professeur profesor профессор prof
saint st
sagte sagt erklärte erklärt
da weil denn
dit déclaré affirmé indiqué
dice dijo afirmó señaló
porque que ya
сказал говорит заявил отметил сказала заявила отметила
около примерно приблизительно
قال وقال ذكر وذكر صرح وصرح
قالت وقالت ذكرت وذكرت صرحت وصرحت
กล่าวว่า บอกว่า เผยว่า
"""
ALIKE = {first: first for _, first in _words(_ALIKE)} | dict(_words(_ALIKE))

# Words of scripts without blanks between words, as ALIKE.
_FORMS = """
下さい ください
致し いたし
頂き いただき 戴き
頂く いただく 戴く
出来 でき
子供 子ども こども
皆様 皆さま みなさま
お客様 お客さま
様々 さまざま
等 など
及び および
又は または
為 ため
事 こと
時 とき
全て すべて
既に すでに
更に さらに
但し ただし
共に ともに
所 ところ
無く なく
従って したがって
午前 am
話して 述べて 語って
迄 まで
御 ご
又 また
他 ほか
是非 ぜひ
沢山 たくさん
丁度 ちょうど
色々 いろいろ
宜しく よろしく
頂け いただけ
無い ない
有り あり
有る ある
様に ように
様な ような
障害 障がい
友達 友だち
一人 ひとり 1人
一つ 1つ ひとつ
二つ 2つ ふたつ
行なう 行う
行なわ 行わ
問合せ 問い合わせ 問合わせ
取組 取り組み 取組み
申込 申し込み 申込み
受付 受け付け
か月 ヶ月 カ月 ケ月 箇月
か所 ヶ所 カ所 ケ所 箇所
もと 下
時 点 时
分钟 分
约 大约 大约有
并 并且
因 因为 由于
目前 现在 现
将 将会 会
在 于
此外 另外
します いたします
します 致します
星期 周 礼拜
表示 说 称 指出 介绍 说道 表示说
今天 今日 当天
昨天 昨日
明天 明日
和 与 及
已 已经
但 但是
如果 若
可以 可
日 号
公里 千米
公斤 千克
กล่าวว่า บอกว่า เผยว่า ระบุว่า
บาท ฿
"""
FORMS = tuple(_words(_FORMS))


def _pairs(forms: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    alike: dict[str, list[str]] = {}
    for other, first in forms:
        alike.setdefault(first, [first]).append(other)
    for words in alike.values():
        yield from ((one, other) for one in words for other in words)


FORM_PAIRS = frozenset(_pairs(FORMS))

# Words in a row that are one.
PHRASES = {
    ("per", "cent"): "%",
    ("pour", "cent"): "%",
    ("por", "ciento"): "%",
    ("por", "cento"): "%",
    ("в", "процентах"): "%",
    ("في", "المئة"): "%",
    ("في", "المائة"): "%",
    ("так", "как"): "поскольку",
    ("ya", "que"): "porque",
    ("dado", "que"): "porque",
    ("free", "of", "charge"): "free",
    ("a", "m"): "am",
    ("p", "m"): "pm",
    ("do", "not"): "donot",
    ("can", "not"): "cannot",
    ("as", "well"): "also",
    ("for", "free"): "free",
}

_NUMBERS = """
0 zero null zéro cero ноль صفر
1 one ein eine eins einen einem un une uno una um uma один одна одно одну واحد واحدة
2 two zwei deux dos dois duas due два две двух اثنان اثنتان اثنين สอง
3 three drei trois tres três tre три трёх трех ثلاث ثلاثة สาม
4 four vier quatre cuatro quatro quattro четыре четырёх أربع أربعة สี่
5 five fünf cinq cinco cinque пять пяти خمس خمسة ห้า
6 six sechs seis sei шесть шести ست ستة หก
7 seven sieben sept siete sete sette семь семи سبع سبعة เจ็ด
8 eight acht huit ocho oito otto восемь восьми ثمان ثماني ثمانية แปด
9 nine neun neuf nueve nove девять девяти تسع تسعة เก้า
10 ten zehn dix diez dez dieci десять десяти عشر عشرة สิบ
11 eleven elf onze once undici одиннадцать สิบเอ็ด
12 twelve zwölf douze doce doze dodici двенадцать สิบสอง
13 thirteen dreizehn treize trece treze тринадцать
14 fourteen vierzehn quatorze catorce catorze четырнадцать
15 fifteen fünfzehn quinze quince пятнадцать
16 sixteen sechzehn seize dieciséis dezesseis шестнадцать
17 seventeen siebzehn diecisiete dezessete семнадцать
18 eighteen achtzehn dieciocho dezoito восемнадцать
19 nineteen neunzehn diecinueve dezenove девятнадцать
20 twenty zwanzig vingt veinte vinte двадцать عشرون عشرين ยี่สิบ
30 thirty dreißig trente treinta trinta тридцать ثلاثون ثلاثين
40 forty vierzig quarante cuarenta quarenta сорок أربعون أربعين
50 fifty fünfzig cinquante cincuenta cinquenta пятьдесят خمسون خمسين
60 sixty sechzig soixante sesenta sessenta шестьдесят ستون ستين
70 seventy siebzig setenta семьдесят سبعون سبعين
80 eighty achtzig ochenta oitenta восемьдесят ثمانون ثمانين
90 ninety neunzig noventa девяносто تسعون تسعين
100 hundred hundert cent cien cem сто مئة مائة
1000 thousand tausend mille mil тысяча тысячи тысяч ألف آلاف
"""
NUMBERS = _numbered(_NUMBERS)
_UNITS = ("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_TENS = ("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig")
NUMBERS |= {f"{unit}und{ten}": NUMBERS[unit] + NUMBERS[ten] for unit in _UNITS for ten in _TENS}
HAN_DIGITS = {each: n for n, each in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
HAN_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}
