(* A server on XmlRpc-Light's `serve` and Nethttpd: factoriz_sum and validator1. The library's
   own class of servers can't start with Debian's Ocamlnet, of which it can't read the version. *)

let invalid name = raise (XmlRpc.Error (-32602, "invalid parameters of " ^ name))

let factoriz_sum digits =
  let rec go rest divisor total =
    if divisor * divisor > rest then if rest > 1 then total + rest else total
    else if rest mod divisor = 0 then go (rest / divisor) divisor (total + divisor)
    else go rest (if divisor = 2 then 3 else divisor + 2) total
  in
  string_of_int (go (int_of_string digits) 2 0)

let int_of = function `Int n -> n | _ -> invalid "an int"
let member name = function
  | `Struct members -> List.assoc name members
  | _ -> invalid "a struct"

let stooges members =
  List.fold_left (fun sum name -> sum + int_of (member name members)) 0 [ "moe"; "larry"; "curly" ]

let curlies structs =
  List.fold_left (fun sum one -> sum + int_of (member "curly" one)) 0 structs

let entities text =
  let count mark = `Int (List.length (String.split_on_char mark text) - 1) in
  `Struct
    [ ("ctLeftAngleBrackets", count '<'); ("ctRightAngleBrackets", count '>');
      ("ctAmpersands", count '&'); ("ctApostrophes", count '\''); ("ctQuotes", count '"') ]

let ends texts =
  match texts, List.rev texts with
  | [], _ -> raise (XmlRpc.Error (1, "an empty array has no first string"))
  | `String first :: _, `String last :: _ -> `String (first ^ last)
  | _ -> invalid "moderateSizeArrayCheck"

let times n = List.map (fun by -> (Printf.sprintf "times%d" by, `Int (n * by))) [ 10; 100; 1000 ]

let call name parameters =
  match name, parameters with
  | "factoriz_sum", [ `String digits ] -> `String (factoriz_sum digits)
  | "validator1.arrayOfStructsTest", [ `Array structs ] -> `Int (curlies structs)
  | "validator1.countTheEntities", [ `String text ] -> entities text
  | "validator1.easyStructTest", [ members ] -> `Int (stooges members)
  | "validator1.echoStructTest", [ members ] -> members
  | "validator1.manyTypesTest", values -> `Array values
  | "validator1.moderateSizeArrayCheck", [ `Array texts ] -> ends texts
  | "validator1.nestedStructTest", [ years ] ->
    `Int (stooges (member "01" (member "04" (member "2000" years))))
  | "validator1.simpleStructReturnTest", [ `Int n ] -> `Struct (times n)
  | _ -> invalid name

let answer _ (cgi : Netcgi.cgi_activation) =
  let document = XmlRpc.serve call (cgi#argument_value "BODY") in
  cgi#set_header ~content_type:"text/xml" ();
  cgi#output#output_string document;
  cgi#output#commit_work ()

let service =
  Nethttpd_services.dynamic_service
    { Nethttpd_services.dyn_handler = answer;
      dyn_activation = Nethttpd_services.std_activation `Std_activation_buffered;
      dyn_uri = Some "/";
      dyn_translator = (fun _ -> "");
      dyn_accept_all_conditionals = false }

let settings =
  let config_cgi =
    { Netcgi.default_config with permitted_input_content_types = [ "text/xml" ] }
  in
  let modify_http_processor_config =
    new Nethttpd_reactor.modify_http_processor_config ~config_cgi
  in
  new Nethttpd_reactor.modify_http_reactor_config ~modify_http_processor_config
    Nethttpd_reactor.default_http_reactor_config

let () =
  let listener = Unix.socket Unix.PF_INET Unix.SOCK_STREAM 0 in
  Unix.bind listener (Unix.ADDR_INET (Unix.inet_addr_loopback, 0));
  Unix.listen listener 64;
  (match Unix.getsockname listener with
   | Unix.ADDR_INET (_, port) -> Printf.eprintf "listening on http://127.0.0.1:%d\n%!" port
   | Unix.ADDR_UNIX _ -> exit 1);
  while true do
    let connection, _ = Unix.accept listener in
    Unix.setsockopt connection Unix.TCP_NODELAY true;
    Nethttpd_reactor.process_connection settings connection service
  done
