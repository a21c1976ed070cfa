# -*- coding: utf-8 -*-
"""Calls validator1 with Python's library, 2.7 and 3 alike, and checks the answers.
Takes the server's URL."""
import datetime
import sys

try:
    from xmlrpc import client
except ImportError:
    import xmlrpclib as client

server = client.ServerProxy(sys.argv[1])
validator1 = server.validator1


def check(what, got, expected):
    if got != expected or type(got) is not type(expected):
        sys.exit("%s: got %r, not %r" % (what, got, expected))


structs = [
    {"moe": 1, "larry": 2, "curly": 3},
    {"moe": 4, "larry": 5, "curly": -20},
    {"moe": 7, "larry": 8, "curly": 9},
]
check("arrayOfStructsTest", validator1.arrayOfStructsTest(structs), -8)

counts = {"ctLeftAngleBrackets": 1, "ctRightAngleBrackets": 2, "ctAmpersands": 1,
          "ctApostrophes": 2, "ctQuotes": 2}
text = "<a href='x'>&amp; \"b\" ]]>"
check("countTheEntities", validator1.countTheEntities(text), counts)

stooges = {"moe": 4, "larry": -7, "curly": 1}
check("easyStructTest", validator1.easyStructTest(stooges), -2)

echo = {"text": u"caf\u00e9 <&>", "n": 3, "half": 0.5, "yes": True,
        "list": [1, "two", [3]], "deep": {"er": {"est": "x"}}}
check("echoStructTest", validator1.echoStructTest(echo), echo)

moment = client.DateTime(datetime.datetime(1998, 7, 17, 14, 8, 55))
everything = client.Binary(bytes(bytearray(range(256))))
many = [41, True, "South Dakota", -12.5, moment, everything]
check("manyTypesTest", validator1.manyTypesTest(*many), many)

texts = ["text %d" % n for n in range(150)]
check("moderateSizeArrayCheck", validator1.moderateSizeArrayCheck(texts), "text 0text 149")

years = {
    "1999": {"12": {"31": {"moe": 1, "larry": 1, "curly": 1}}},
    "2000": {"04": {"01": {"moe": 8, "larry": -3, "curly": 20}}},
}
check("nestedStructTest", validator1.nestedStructTest(years), 25)

check("simpleStructReturnTest", validator1.simpleStructReturnTest(7),
      {"times10": 70, "times100": 700, "times1000": 7000})

try:
    validator1.moderateSizeArrayCheck([])
    sys.exit("no fault")
except client.Fault as fault:
    check("the fault", (fault.faultCode, fault.faultString),
          (1, "an empty array has no first string"))

methods = [name for name in server.system.listMethods() if name.startswith("validator1.")]
check("listMethods", len(methods), 8)
print("ok")
