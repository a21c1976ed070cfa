//! The documents of validator1, the suite that XML-RPC's author published in 1999: calls of
//! its eight methods in the form of the specification, and their responses.

use std::collections::BTreeMap;

use xmlrpc_wire::{
    Bytes, DateTime, FromParams, FromValue, Limits, Struct, Value, decode_call, decode_response,
    encode_response,
};

/// Decodes a call of `validator1.{method}` with `params`, and returns its arguments.
fn arguments<T: FromParams>(method: &str, params: &[&str]) -> T {
    let params: String = params
        .iter()
        .map(|param| format!("    <param>\n      <value>{param}</value>\n    </param>\n"))
        .collect();
    let document = format!(
        "<?xml version=\"1.0\"?>\n<methodCall>\n  <methodName>validator1.{method}</methodName>\n  \
         <params>\n{params}  </params>\n</methodCall>\n"
    );
    let call = decode_call(document.as_bytes(), &Limits::default()).expect("a call");
    assert_eq!(call.method, format!("validator1.{method}"));
    T::from_params(call.params).expect("the method's arguments")
}

/// Writes a response and reads it back.
fn answers(value: impl Into<Value>, expected: impl Into<Value>) {
    let document = encode_response(&value.into()).expect("a value to send");
    let read = decode_response(&document, &Limits::default());
    assert_eq!(read, Ok(Ok(expected.into())));
}

fn structure(members: &[(&str, &str)]) -> String {
    let members: String = members
        .iter()
        .map(|(name, value)| {
            format!("<member>\n<name>{name}</name>\n<value>{value}</value>\n</member>\n")
        })
        .collect();
    format!("<struct>\n{members}</struct>")
}

#[test]
fn array_of_structs_test() {
    let one = |curly| structure(&[("moe", "<i4>5</i4>"), ("curly", curly)]);
    let structs = [one("<i4>-3</i4>"), one("<int>17</int>")];
    let values: String = structs.map(|s| format!("<value>{s}</value>\n")).concat();
    let array = format!("<array>\n<data>\n{values}</data>\n</array>");
    let (structs,): (Vec<BTreeMap<String, i32>>,) = arguments("arrayOfStructsTest", &[&array]);
    answers(structs.iter().map(|s| s["curly"]).sum::<i32>(), 14);
}

#[test]
fn count_the_entities() {
    let text = "<string>&lt;&amp;&gt;'\"&quot;&apos;&lt;</string>";
    let (text,): (String,) = arguments("countTheEntities", &[text]);
    let count = |c| Value::from(text.matches(c).count());
    let counts: Struct = [
        ("ctLeftAngleBrackets", count('<')),
        ("ctRightAngleBrackets", count('>')),
        ("ctAmpersands", count('&')),
        ("ctApostrophes", count('\'')),
        ("ctQuotes", count('"')),
    ]
    .into_iter()
    .collect();
    assert_eq!(
        counts.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>(),
        [2, 1, 1, 2, 2].map(Value::Int)
    );
    answers(counts.clone(), counts);
}

#[test]
fn easy_struct_test() {
    let stooges = [
        ("larry", "<i4>4</i4>"),
        ("curly", "<i4>-7</i4>"),
        ("moe", "<i4>1</i4>"),
    ];
    let (stooges,): (BTreeMap<String, i32>,) = arguments("easyStructTest", &[&structure(&stooges)]);
    answers(stooges.values().sum::<i32>(), -2);
}

#[test]
fn echo_struct_test() {
    let inner = structure(&[("curly", "<double>3.5</double>"), ("moe", "moe")]);
    let (echo,): (Struct,) = arguments("echoStructTest", &[&structure(&[("a", &inner)])]);
    answers(echo.clone(), echo);
}

#[test]
fn many_types_test() {
    let moment = DateTime::new(1998, 7, 17, 14, 8, 55).unwrap();
    let all: (i32, bool, String, f64, DateTime, Bytes) = arguments(
        "manyTypesTest",
        &[
            "<i4>41</i4>",
            "<boolean>1</boolean>",
            "South Dakota",
            "<double>-12.53</double>",
            "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>",
            "<base64>eW91IGNhbid0IHJlYWQgdGhpcyE=</base64>",
        ],
    );
    let read = Bytes(b"you can't read this!".to_vec());
    assert_eq!(
        all,
        (
            41,
            true,
            "South Dakota".into(),
            -12.53,
            moment,
            read.clone()
        )
    );
    let same = vec![
        Value::from(41),
        Value::from(true),
        Value::from("South Dakota"),
        Value::from(-12.53),
        Value::from(moment),
        Value::from(read),
    ];
    answers(same.clone(), same);
}

#[test]
fn moderate_size_array_check() {
    let items: String = (0..150)
        .map(|n| format!("<value><string>item {n}</string></value>\n"))
        .collect();
    let array = format!("<array>\n<data>\n{items}</data>\n</array>");
    let (items,): (Vec<String>,) = arguments("moderateSizeArrayCheck", &[&array]);
    let joined = format!("{}{}", items[0], items[149]);
    answers(joined, "item 0item 149");
}

#[test]
fn nested_struct_test() {
    let day = structure(&[
        ("larry", "<i4>1</i4>"),
        ("curly", "<i4>2</i4>"),
        ("moe", "<i4>3</i4>"),
    ]);
    let calendar = structure(&[("2000", &structure(&[("04", &structure(&[("01", &day)]))]))]);
    type Days = BTreeMap<String, BTreeMap<String, i32>>;
    let (years,): (BTreeMap<String, BTreeMap<String, Days>>,) =
        arguments("nestedStructTest", &[&calendar]);
    answers(years["2000"]["04"]["01"].values().sum::<i32>(), 6);
}

#[test]
fn simple_struct_return_test() {
    let (number,): (i32,) = arguments("simpleStructReturnTest", &["<i4>7</i4>"]);
    let times: BTreeMap<String, i32> = [10, 100, 1000]
        .map(|factor| (format!("times{factor}"), number * factor))
        .into();
    let document = encode_response(&Value::from(times.clone())).unwrap();
    let read = decode_response(&document, &Limits::default())
        .unwrap()
        .unwrap();
    assert_eq!(BTreeMap::from_value(read), Ok(times));
}
