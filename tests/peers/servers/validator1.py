"""The functions that servers in Python publish, 2.7 and 3 alike: factoriz_sum, and those of
validator1 by name."""
try:
    from xmlrpc.client import Fault
except ImportError:
    from xmlrpclib import Fault


def factoriz_sum(digits):
    rest, total, divisor = int(digits), 0, 2
    while divisor * divisor <= rest:
        while rest % divisor == 0:
            rest //= divisor
            total += divisor
        divisor += 1 if divisor == 2 else 2
    if rest > 1:
        total += rest
    return str(total)


def count(text):
    return {"ctLeftAngleBrackets": text.count("<"), "ctRightAngleBrackets": text.count(">"),
            "ctAmpersands": text.count("&"), "ctApostrophes": text.count("'"),
            "ctQuotes": text.count('"')}


def stooges(members):
    return members["moe"] + members["larry"] + members["curly"]


def ends(texts):
    if not texts:
        raise Fault(1, "an empty array has no first string")
    return texts[0] + texts[-1]


validator1 = {
    "arrayOfStructsTest": lambda structs: sum(members["curly"] for members in structs),
    "countTheEntities": count,
    "easyStructTest": stooges,
    "echoStructTest": lambda members: members,
    "manyTypesTest": lambda number, truth, text, double, moment, data:
        [number, truth, text, double, moment, data],
    "moderateSizeArrayCheck": ends,
    "nestedStructTest": lambda years: stooges(years["2000"]["04"]["01"]),
    "simpleStructReturnTest": lambda n: {"times%d" % by: n * by for by in (10, 100, 1000)},
}
