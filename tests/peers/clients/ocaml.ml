(* Calls validator1 with XmlRpc-Light, and checks the answers. Takes the server's URL. *)

let client = new XmlRpc.client Sys.argv.(1)
let call name parameters = client#call ("validator1." ^ name) parameters

let check name parameters expected =
  let got = call name parameters in
  if got <> expected then begin
    prerr_endline (name ^ ": got " ^ XmlRpc.dump got);
    exit 1
  end

let sorted = function
  | `Struct members -> `Struct (List.sort compare members)
  | other -> other

let stooges moe larry curly =
  `Struct [ ("moe", `Int moe); ("larry", `Int larry); ("curly", `Int curly) ]

let () =
  let structs = [ stooges 1 2 3; stooges 4 5 (-20); stooges 7 8 9 ] in
  check "arrayOfStructsTest" [ `Array structs ] (`Int (-8));
  let counts = sorted (call "countTheEntities" [ `String "<a href='x'>&amp; \"b\" ]]>" ]) in
  if counts <> `Struct
       [ ("ctAmpersands", `Int 1); ("ctApostrophes", `Int 2); ("ctLeftAngleBrackets", `Int 1);
         ("ctQuotes", `Int 2); ("ctRightAngleBrackets", `Int 2) ]
  then (prerr_endline (XmlRpc.dump counts); exit 1);
  check "easyStructTest" [ stooges 4 (-7) 1 ] (`Int (-2));
  let echo =
    `Struct
      [ ("text", `String "caf\xc3\xa9 <&>"); ("n", `Int 3); ("half", `Double 0.5);
        ("yes", `Boolean true); ("list", `Array [ `Int 1; `String "two"; `Array [ `Int 3 ] ]);
        ("deep", `Struct [ ("er", `Struct [ ("est", `String "x") ]) ]) ]
  in
  check "echoStructTest" [ echo ] echo;
  let bytes = String.init 256 Char.chr in
  let many =
    [ `Int 41; `Boolean true; `String "South Dakota"; `Double (-12.5);
      `DateTime (1998, 7, 17, 14, 8, 55, 0); `Binary bytes ]
  in
  check "manyTypesTest" many (`Array many);
  let texts = List.init 150 (fun n -> `String (Printf.sprintf "text %d" n)) in
  check "moderateSizeArrayCheck" [ `Array texts ] (`String "text 0text 149");
  let day month day stooges = `Struct [ (month, `Struct [ (day, stooges) ]) ] in
  let years =
    `Struct [ ("1999", day "12" "31" (stooges 1 1 1)); ("2000", day "04" "01" (stooges 8 (-3) 20)) ]
  in
  check "nestedStructTest" [ years ] (`Int 25);
  let times = sorted (call "simpleStructReturnTest" [ `Int 7 ]) in
  if times <> `Struct [ ("times10", `Int 70); ("times100", `Int 700); ("times1000", `Int 7000) ]
  then (prerr_endline (XmlRpc.dump times); exit 1);
  (match call "moderateSizeArrayCheck" [ `Array [] ] with
   | exception XmlRpc.Error (1, "an empty array has no first string") -> ()
   | exception XmlRpc.Error (code, text) -> Printf.eprintf "the fault: %d %s\n" code text; exit 1
   | other -> prerr_endline ("no fault: " ^ XmlRpc.dump other); exit 1);
  (match client#call "system.listMethods" [] with
   | `Array names ->
     let ours = function
       | `String name -> String.length name > 11 && String.sub name 0 11 = "validator1."
       | _ -> false
     in
     if List.length (List.filter ours names) <> 8 then (prerr_endline "listMethods"; exit 1)
   | other -> prerr_endline (XmlRpc.dump other); exit 1);
  print_endline "ok"
