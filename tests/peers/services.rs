//! Services that people run, which our client calls: aria2, Supervisor, Trac, and rTorrent by SCGI
//! and behind a web server; and Tcl's server, whose functions know no structs.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use reparte::Repartidor;
use test_support::{PATIENCE, Running, TestDirectory, until};
use xmlrpc_client::{Error, ErrorKind, Fault, Options, ServerProxy, Value};

use crate::script::command;
use crate::their_servers::{differing, echo, sorted, thirty_values};

/// Returns an address of a port that is free. These services do not tell which one they have.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Waits until something listens there.
fn wait_for(address: &str) {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "nothing listens at {address}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn fault(result: Result<Value, Error>) -> Fault {
    match result {
        Err(Error::Fault(fault)) => fault,
        other => panic!("no fault: {other:?}"),
    }
}

/// Checks a fault, the list of methods, and two calls in one request.
fn check(url: &str, method: &str, params: Vec<Value>, code: i32, least_methods: usize) {
    let proxy = ServerProxy::new(url).unwrap();
    let found = fault(proxy.call(method, params));
    assert_eq!(found.code, code, "{found}");
    assert!(!found.message.is_empty());
    let names: Vec<String> = proxy.call("system.listMethods", ()).unwrap();
    assert!(names.len() >= least_methods, "{} methods", names.len());
    assert!(names.iter().any(|name| name == "system.multicall"));
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn aria2_answers_our_client() {
    let address = free_address();
    let (_, port) = address.split_once(':').unwrap();
    let mut aria2 = Command::new("aria2c");
    aria2.args(["--no-conf", "--quiet", "--enable-rpc"]);
    aria2.arg(format!("--rpc-listen-port={port}"));
    let _aria2 = Running::start(aria2);
    wait_for(&address);
    let url = format!("http://{address}/rpc");
    check(&url, "aria2.remove", vec![Value::from("x")], 1, 30);
    let proxy = ServerProxy::new(&url).unwrap();
    let version: Value = proxy.call("aria2.getVersion", ()).unwrap();
    assert!(
        version["version"]
            .as_str()
            .is_some_and(|text| text.starts_with("1."))
    );
    for agent in ["a b <&>", "café", ""] {
        let options = [("user-agent", Value::from(agent))];
        let options: xmlrpc_client::Struct = options.into_iter().collect();
        let done: String = proxy.call("aria2.changeGlobalOption", (options,)).unwrap();
        assert_eq!(done, "OK");
        let all: Value = proxy.call("aria2.getGlobalOption", ()).unwrap();
        assert_eq!(all["user-agent"].as_str(), Some(agent));
    }
    let mut calls = proxy.multicall();
    calls
        .add("aria2.getVersion", ())
        .add("aria2.remove", ("x",));
    let mut results = calls.call().unwrap();
    assert_eq!(results.next_as::<Value>().unwrap(), version);
    assert_eq!(fault(results.next_as()).code, 1);
}

/// Starts Supervisor with this interface.
fn start_supervisor(files: &TestDirectory, interface: &str) -> Running {
    let path = files.directory().display();
    let configuration = format!(
        "[supervisord]\nnodaemon=true\nlogfile={path}/log\npidfile={path}/pid\nchildlogdir={path}\n\
         {interface}\
         [rpcinterface:supervisor]\n\
         supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\
         [program:nap]\ncommand=sleep 600\n"
    );
    let configuration = files.write("supervisord.conf", &configuration, 0o600);
    let mut supervisor = Command::new("supervisord");
    supervisor.args(["-c", &configuration]);
    Running::start(supervisor)
}

fn check_supervisor(url: &str) {
    let nope = vec![Value::from("nope")];
    check(url, "supervisor.startProcess", nope, 10, 30);
    let proxy = ServerProxy::new(url).unwrap();
    let state: Value = proxy.call("supervisor.getState", ()).unwrap();
    assert_eq!(state["statename"].as_str(), Some("RUNNING"));
    let all: Vec<Value> = proxy.call("supervisor.getAllProcessInfo", ()).unwrap();
    assert_eq!(all[0]["name"].as_str(), Some("nap"));
    let is_stopped: bool = proxy.call("supervisor.stopProcess", ("nap", true)).unwrap();
    assert!(is_stopped);
    // One signature, not a list of them.
    let signature: Vec<String> = proxy
        .call("system.methodSignature", ("supervisor.getState",))
        .unwrap();
    assert_eq!(signature, ["struct"]);
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn supervisor_answers_our_client() {
    let files = TestDirectory::new("supervisor");
    let address = free_address();
    let interface = format!("[inet_http_server]\nport={address}\n");
    let _supervisor = start_supervisor(&files, &interface);
    wait_for(&address);
    check_supervisor(&format!("http://{address}/RPC2"));
}

/// Its socket alone, which Debian sets up, and then with a user and a password.
#[test]
#[ignore = "needs what tests/peers/install installs"]
fn supervisor_answers_our_client_over_its_socket() {
    for (login, user) in [
        ("", ""),
        ("username=me\npassword=sec@ret\n", "me:sec%40ret@"),
    ] {
        let files = TestDirectory::for_sockets();
        let socket = files.path("supervisor.sock");
        let interface = format!("[unix_http_server]\nfile={socket}\nchmod=0700\n{login}");
        let _supervisor = start_supervisor(&files, &interface);
        until("Supervisor listens", || {
            UnixStream::connect(&socket).is_ok()
        });
        if !user.is_empty() {
            let url = format!("unix:{socket}:/RPC2");
            let refused = ServerProxy::new(&url).unwrap();
            let refused = refused.call::<Value>("supervisor.getState", ());
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Refused);
        }
        check_supervisor(&format!("unix:{user}{socket}:/RPC2"));
    }
}

/// Starts rTorrent with this interface.
fn start_rtorrent(files: &TestDirectory, interface: &str) -> Running {
    let settings = format!(
        "system.daemon.set=true,{interface},session.path.set={}",
        files.directory().display()
    );
    let mut rtorrent = Command::new("rtorrent");
    rtorrent.args(["-n", "-o", &settings]);
    rtorrent.current_dir(files.directory()).stdin(Stdio::null());
    Running::start(rtorrent)
}

fn check_rtorrent(url: &str) {
    check(url, "nope", vec![], -506, 700);
    let proxy = ServerProxy::new(url).unwrap();
    let version: String = proxy.call("system.client_version", ()).unwrap();
    assert!(version.starts_with("0."), "{version}");
    for text in ["word", "a b <&>", "café 数", "", &"x".repeat(100_000)] {
        let echoed: String = proxy.call("cat", ("", text)).unwrap();
        assert_eq!(echoed, text);
    }
    // It has 64 bits, and writes them as <i8>.
    for number in [0_i64, -1, 1 << 40, i64::MAX] {
        let echoed: i64 = proxy.call("value", ("", number.to_string())).unwrap();
        assert_eq!(echoed, number);
    }
    // And it reads them so.
    let echoed: String = proxy.call("cat", ("", 1_i64 << 40)).unwrap();
    assert_eq!(echoed, (1_i64 << 40).to_string());
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn rtorrent_answers_our_client_behind_a_web_server() {
    let files = TestDirectory::new("rtorrent");
    let scgi = free_address();
    let _rtorrent = start_rtorrent(&files, &format!("network.scgi.open_port={scgi}"));
    wait_for(&scgi);
    let mut bridge = command("python3", "servers/scgi.py");
    bridge.arg(&scgi);
    let bridge = Running::start(bridge);
    check_rtorrent(&bridge.line_after("listening on "));
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn rtorrent_answers_our_client_over_scgi() {
    let files = TestDirectory::new("rtorrent-scgi");
    let address = free_address();
    let _rtorrent = start_rtorrent(&files, &format!("network.scgi.open_port={address}"));
    wait_for(&address);
    let url = format!("scgi://{address}");
    check_rtorrent(&url);
    let mut options = Options::default();
    options.limits.bytes = 1000;
    let proxy = ServerProxy::builder(&url).options(options).build().unwrap();
    let listed = proxy.call::<Value>("system.listMethods", ()).unwrap_err();
    assert!(matches!(listed, Error::Malformed(_)), "{listed}");
    // A run: in order, and none is lost.
    let mut run: Repartidor<(String, i32), i64> = Repartidor::new(&[url], "value").unwrap();
    for n in 0..200 {
        run.enviar((String::new(), n)).unwrap();
    }
    assert_eq!(run.terminar().unwrap(), (0..200).collect::<Vec<_>>());
    // HTTP is not spoken there.
    let http = ServerProxy::new(&address).unwrap();
    let error = http.call::<Value>("system.listMethods", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MayHaveRun, "{error}");
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn rtorrent_answers_our_client_over_its_socket() {
    let files = TestDirectory::for_sockets();
    let socket = files.path("rpc.socket");
    let _rtorrent = start_rtorrent(&files, &format!("network.scgi.open_local={socket}"));
    until("rTorrent listens", || UnixStream::connect(&socket).is_ok());
    check_rtorrent(&format!("scgi+unix:{socket}"));
}

/// Its functions, and some of a plugin.
#[test]
#[ignore = "needs what tests/peers/install installs"]
fn trac_answers_our_client() {
    let folder = TestDirectory::new("trac");
    let mut trac = command("python2", "servers/python-trac.py");
    trac.arg(folder.directory());
    let trac = Running::start(trac);
    let url = trac.line_after("listening on ") + "/rpc";
    check(&url, "nope", vec![], -32601, 60);
    let proxy = ServerProxy::new(&url).unwrap();
    assert_eq!(fault(proxy.call("wiki.getPage", ("Page",))).code, 404);
    // One text for each signature, not a list of types.
    let method = ("validator1.factoriz_sum",);
    let signature: Vec<String> = proxy.call("system.methodSignature", method).unwrap();
    assert_eq!(signature, ["struct,array"]);
    let sum: String = proxy
        .call("validator1.factoriz_sum", ("23434252232434",))
        .unwrap();
    assert_eq!(sum, "50914");
    assert_eq!(differing(&proxy), [""; 0]);
    let values = thirty_values().into_iter();
    let changed = values.filter_map(|(name, value)| {
        let echoed = echo(&proxy, &value).ok().flatten();
        (echoed.map(sorted) != Some(sorted(value))).then_some(name)
    });
    assert_eq!(
        changed.collect::<Vec<_>>(),
        ["an i8", "a carriage return", "nil"]
    );
}

fn start_tcl() -> (Running, ServerProxy) {
    let address = free_address();
    let (_, port) = address.split_once(':').unwrap();
    let mut tcl = command("tclsh", "servers/tcl.tcl");
    tcl.arg(port);
    let tcl = Running::start(tcl);
    wait_for(&address);
    let mut options = Options::default();
    // It hangs up after each answer, and does not say so.
    options.keep_alive = false;
    // It keeps silent about what it can't read.
    options.response_timeout = Duration::from_secs(5);
    let proxy = ServerProxy::builder(&address).options(options);
    (tcl, proxy.build().unwrap())
}

/// It answers nothing while it waits for the rest of a body that it has counted wrong: each
/// value has a server of its own.
#[test]
#[ignore = "needs what tests/peers/install installs"]
fn tcls_server_echoes_thirty_values() {
    let echo = |value: &Value, proxy: &ServerProxy| {
        // A function gets plain values: the call names the type.
        let params = vec![Value::from(value.type_name()), value.clone()];
        proxy.call::<Value>("echo", params).ok()
    };
    let started = thirty_values().map(|(name, value)| (name, value, start_tcl()));
    let changed: Vec<&str> = thread::scope(|scope| {
        let echoes = started.map(|(name, value, (tcl, proxy))| {
            scope.spawn(move || {
                let is_changed = echo(&value, &proxy) != Some(value);
                drop(tcl);
                is_changed.then_some(name)
            })
        });
        let echoes = echoes.into_iter().map(|echo| echo.join().unwrap());
        echoes.flatten().collect()
    });
    assert_eq!(
        changed,
        [
            "an i8",
            "Latin letters",
            "other letters",
            "an emoji",
            "a mixed array",
            "a struct",
            "nil"
        ]
    );
}

/// It ends the lines of its heads with a line feed alone.
#[test]
#[ignore = "needs what tests/peers/install installs"]
fn tcls_server_answers_our_client() {
    let (_tcl, proxy) = start_tcl();
    for number in [0, -1, i32::MAX, i32::MIN] {
        assert_eq!(proxy.call::<i32>("int", (number,)).unwrap(), number);
    }
    for number in [0.5, -12.53] {
        assert_eq!(proxy.call::<f64>("double", (number,)).unwrap(), number);
    }
    for truth in [true, false] {
        assert_eq!(proxy.call::<bool>("boolean", (truth,)).unwrap(), truth);
    }
    for text in ["", "word", " a b "] {
        assert_eq!(proxy.call::<String>("string_of", (text,)).unwrap(), text);
    }
    assert_eq!(proxy.call::<i32>("sum", (vec![1, 2, 39],)).unwrap(), 42);
    let items: Value = proxy.call("items", ()).unwrap();
    let expected = vec![Value::from(1), Value::from("two"), Value::from(vec![3])];
    assert_eq!(items, Value::Array(expected));
    // Its own fault fails, and so it hangs up.
    let failed = proxy.call::<Value>("fails", ());
    assert!(
        matches!(failed, Err(Error::Interrupted { .. })),
        "{failed:?}"
    );
}
