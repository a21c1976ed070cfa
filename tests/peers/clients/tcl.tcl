# Calls validator1 with Tcl's `xmlrpc`, and checks the answers. Takes the server's URL.
# The package writes texts as they are, so these are escaped here; it reads no struct in a
# struct, no base64, and a fault only as an error.
package require xmlrpc

set url [string map {/RPC2 ""} [lindex $argv 0]]

proc call {method args} {
    global url
    # A pair: what is left of the document, and the value.
    lindex [xmlrpc::call $url RPC2 $method $args] 1
}

proc check {method expected args} {
    set got [call validator1.$method {*}$args]
    if {$got ne $expected} {
        puts stderr "$method: got $got"
        exit 1
    }
}

array set first {moe {int 1} larry {int 2} curly {int 3}}
array set second {moe {int 4} larry {int 5} curly {int -20}}
check easyStructTest 6 {struct first}
check arrayOfStructsTest -17 {array {{struct first} {struct second}}}
check moderateSizeArrayCheck "a b" {array {{string a} {string x} {string { b}}}}
check countTheEntities [call validator1.countTheEntities {string {&lt;&amp;}}] \
    {string {&lt;&amp;}}
array set day [list 01 {struct first}]
array set month [list 04 {struct day}]
array set years [list 2000 {struct month}]
check nestedStructTest 6 {struct years}

set times [call validator1.simpleStructReturnTest {int 7}]
foreach {name expected} {times10 70 times100 700 times1000 7000} {
    if {[lindex [xmlrpc::assoc $name $times] 1] ne $expected} {
        puts stderr "$name: $times"
        exit 1
    }
}
puts ok
