#!/bin/sh
# Calls what xmlrpc-c's command can of validator1, and checks what it shows of the answers:
# it sends no array, no struct and no date, so two of the eight, and a third with a nil for
# its date. Takes the server's URL.
set -eu
url=$1

# check METHOD EXPECTED ARGUMENT...: the answer, its lines joined.
check() {
    method=$1 expected=$2
    shift 2
    got=$(xmlrpc "$url" "$method" "$@" 2>&1 | tr -s '\n ' '  ')
    if [ "$got" != "$expected" ]; then
        printf '%s: got %s, not %s\n' "$method" "$got" "$expected" >&2
        exit 1
    fi
}

entry() { printf " Key: String: '%s' Value: Integer: %s" "$1" "$2"; }

check validator1.countTheEntities "Result: Struct of 5 members:$(
    entry ctAmpersands 1
    entry ctApostrophes 2
    entry ctLeftAngleBrackets 1
    entry ctQuotes 2
    entry ctRightAngleBrackets 2
) " "s/<a href='x'>&amp; \"b\" ]]>"

check validator1.manyTypesTest "Result: Array of 6 items: Index 0 Integer: 41 Index 1 Boolean: \
TRUE Index 2 String: 'South Dakota' Index 3 Floating Point: -12.500000 Index 4 Nil Index 5 Bit \
string: 00017f80ff" i/41 b/true 's/South Dakota' d/-12.5 n/ h/00017f80ff

check validator1.simpleStructReturnTest "Result: Struct of 3 members:$(
    entry times10 70
    entry times100 700
    entry times1000 7000
) " i/7

check validator1.nada 'Failed. Call failed. RPC failed at server. method "validator1.nada" is not supported. (XML-RPC fault code -32601) '

xmlrpc "$url" system.listMethods | grep -c "String: 'validator1\." | grep -qx 8 || {
    echo 'listMethods: not the eight' >&2
    exit 1
}
echo ok
