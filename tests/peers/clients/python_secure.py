"""Calls two servers that ask for a token, the second over TLS: the token, their addresses, and
the file of the authority that vouches for the second. Whatever should be refused is tried
too."""
import ssl
import sys
import xmlrpc.client

token, plain, secure, authority = sys.argv[1:]


def works(url, context=None):
    server = xmlrpc.client.ServerProxy(url, context=context)
    return server.factoriz_sum("23434252232434") == "50914"


def check(what, right):
    if not right:
        sys.exit(what)


def refused(what, kind, reason, url, context=None):
    try:
        works(url, context)
    except kind as error:
        check("%s: %r" % (what, error), reason in str(error))
    else:
        sys.exit("not refused: " + what)


def trusting(newest=None):
    context = ssl.create_default_context(cafile=authority)
    if newest:
        context.maximum_version = newest
    return context


check("plain", works("http://any:%s@%s" % (token, plain)))
check("secure", works("https://any:%s@%s" % (token, secure), trusting()))
for what, shown in [("no token", ""), ("another", "any:another-horse-battery@"),
                    ("half of it", "any:%s@" % token[:-1])]:
    for scheme, address in [("http", plain), ("https", secure)]:
        url = "%s://%s%s" % (scheme, shown, address)
        refused(what, xmlrpc.client.ProtocolError, "401", url, trusting())
url = "https://any:%s@%s" % (token, secure)
refused("no trust", ssl.SSLCertVerificationError, "verify failed", url)
refused("TLS 1.2", ssl.SSLError, "", url, trusting(ssl.TLSVersion.TLSv1_2))
print("ok")
