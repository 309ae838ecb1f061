"""Tables for reading dates: month names, time zone abbreviations and the words between parts of a date.

Data only; all keys are case-folded. English, French, German, Spanish, Italian, Portuguese and Dutch.
"""

from collections.abc import Mapping

# One line a month, January first. No abbreviation means two months in these languages.
_MONTH_NAMES = (
    "jan january janv janvier januar jän jänner ene enero gen gennaio janeiro januari",
    "feb february fév fev févr fevr février fevrier februar febrero febbraio fevereiro februari",
    "mar march mars märz mrz mär maerz marzo março marco maart mrt",
    "apr april avr avril abr abril aprile",
    "may mai mayo mag maggio maio mei",
    "jun june juin juni junio giu giugno junho",
    "jul july juil juillet juli julio lug luglio julho",
    "aug august août aout ago agosto augustus",
    "sep sept september septembre septiembre setiembre set settembre setembro",
    "oct october octobre okt oktober octubre ott ottobre out outubro",
    "nov november novembre noviembre novembro",
    "dec december déc décembre decembre dez dezember dic diciembre dicembre dezembro",
)
MONTHS: Mapping[str, int] = {
    name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()
}

# Hours east of Greenwich. An abbreviation that several countries use (IST, CST, BST) has its meaning in
# English-language feeds; `dates` prefers the source's own time zone where that uses the abbreviation too.
_HOURS_EAST = """
    utc 0 gmt 0 ut 0 z 0 wet 0 west 1 bst 1 cet 1 mez 1 wat 1 cest 2 mesz 2 eet 2 sast 2 cat 2 eest 3 msk 3
    eat 3 trt 3 gst 4 pkt 5 ist 5.5 wib 7 ict 7 hkt 8 sgt 8 pht 8 awst 8 jst 9 kst 9 acst 9.5 aest 10
    acdt 10.5 aedt 11 nzst 12 nzdt 13 nst -3.5 ndt -2.5 brt -3 art -3 clt -4 ast -4 adt -3 est -5 edt -4
    cst -6 cdt -5 mst -7 mdt -6 pst -8 pdt -7 akst -9 akdt -8 hst -10
"""
_ZONE_WORDS = _HOURS_EAST.split()
ZONES: Mapping[str, float] = dict(zip(_ZONE_WORDS[::2], map(float, _ZONE_WORDS[1::2]), strict=True))

# Prepositions, articles and marks between the parts of a date, which carry no value.
FILLER_WORDS = frozenset(
    {"à", "um", "às", "alle", "ore", "las", "de", "di", "del", "den", "le", "the", "uhr", "|"}
)
