"""Names of days in several languages. Tables only."""


def _numbered(text: str) -> dict[str, int]:
    """Return the words of each line after its first, each with the number that this is."""
    rows = (line.split() for line in text.strip().splitlines())
    return {word: int(number) for number, *words in rows for word in words}


# The day of the week, Monday 0.
_WEEKDAYS = """
0 monday mon montag lundi lunes segunda lunedì понедельник الاثنين الإثنين
1 tuesday tue dienstag mardi martes terça martedì вторник الثلاثاء
2 wednesday wed mittwoch mercredi miércoles quarta mercoledì среда среду الأربعاء
3 thursday thu donnerstag jeudi jueves quinta giovedì четверг الخميس
4 friday fri freitag vendredi viernes sexta venerdì пятница пятницу الجمعة
5 saturday sat samstag sonnabend samedi sábado sabato суббота субботу السبت
6 sunday sun sonntag dimanche domingo domenica воскресенье الأحد
"""
WEEKDAYS = _numbered(_WEEKDAYS)
WEEKDAYS |= {f"{name}{each}": n for n, each in enumerate("一二三四五六日") for name in ("周", "星期", "礼拜")}
WEEKDAYS |= {f"{each}曜日": n for n, each in enumerate("月火水木金土日")}
# Days from that of the release.
_RELATIVE = """
0 today tonight thismorning thisafternoon thisevening heute heutemorgen heuteabend heutevormittag
0 hui aujourdhui cematin
0 cesoir hoy estamañana estatarde estanoche hoje oggi stamattina сегодня اليوم 今天 今日 本日 当天 今早 今晚
0 วันนี้
-1 yesterday gestern hier ayer ontem ieri вчера أمس 昨天 昨日 เมื่อวาน
1 tomorrow morgen demain mañana amanhã domani завтра غدا 明天 明日 พรุ่งนี้
"""
RELATIVE = _numbered(_RELATIVE)
_MONTHS = """
1 january jan januar jänner janvier enero janeiro gennaio января январь يناير มกราคม
2 february feb februar février febrero fevereiro febbraio февраля февраль فبراير กุมภาพันธ์
3 march mar märz mars marzo março марта март مارس มีนาคม
4 april apr avril abril aprile апреля апрель أبريل เมษายน
5 may mai mayo maio maggio мая май مايو พฤษภาคม
6 june jun juni juin junio junho giugno июня июнь يونيو มิถุนายน
7 july jul juli juillet julio julho luglio июля июль يوليو กรกฎาคม
8 august aug août agosto августа август أغسطس สิงหาคม
9 september sept sep septembre septiembre setembro settembre сентября сентябрь سبتمبر กันยายน
10 october oct oktober okt octobre octubre outubro ottobre октября октябрь أكتوبر ตุลาคม
11 november nov novembre noviembre novembro ноября ноябрь نوفمبر พฤศจิกายน
12 december dec dezember dez décembre diciembre dezembro dicembre декабря декабрь ديسمبر ธันวาคม
"""
MONTHS = _numbered(_MONTHS)
# Words beside the name of a day.
_OF_DAY = """
on am le el la les los na no em o в во يوم ce cette this of de the dem den der last vergangenen
dernier 年 月 日
"""
OF_DAY = frozenset(_OF_DAY.split())
