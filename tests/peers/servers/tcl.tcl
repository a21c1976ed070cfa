# A server as Tcl's `xmlrpc` has it. Its functions get plain values, and type their results.
# Takes the port, since it tells none.
package require xmlrpc

proc echo {type value} { list $type $value }
proc int {value} { list int $value }
proc string_of {value} { list string $value }
proc double {value} { list double $value }
proc boolean {value} { list boolean $value }
proc sum {values} {
    set total 0
    foreach value $values { incr total $value }
    list int $total
}
proc items {} { list array [list {int 1} {string two} {array {{int 3}}}] }
proc fails {} { error "it is broken" }

xmlrpc::serve [lindex $argv 0]
vwait forever
