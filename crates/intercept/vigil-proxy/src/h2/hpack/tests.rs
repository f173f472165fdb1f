use proptest::prelude::*;

use super::*;

const LIST: usize = 64 * 1024;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn text(fields: &Fields) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    fields.iter().map(|field| (text(field.name), text(field.value))).collect()
}

#[track_caller]
fn check(decoder: &mut Decoder, hex: &str, expect: &[(&str, &str)]) {
    let mut fields = Fields::default();
    decoder.decode(&bytes(hex), LIST, &mut fields).unwrap();
    let expect: Vec<_> = expect.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    assert_eq!(text(&fields), expect);
}

#[track_caller]
fn check_error(hex: &str, expect: HpackError) {
    assert_eq!(Decoder::new().decode(&bytes(hex), LIST, &mut Fields::default()), Err(expect));
}

const FIRST: &[(&str, &str)] =
    &[(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")];
const SECOND: &[(&str, &str)] = &[
    (":method", "GET"),
    (":scheme", "http"),
    (":path", "/"),
    (":authority", "www.example.com"),
    ("cache-control", "no-cache"),
];
const THIRD: &[(&str, &str)] = &[
    (":method", "GET"),
    (":scheme", "https"),
    (":path", "/index.html"),
    (":authority", "www.example.com"),
    ("custom-key", "custom-value"),
];

#[test]
fn reads_the_single_fields_of_appendix_c_2() {
    check(
        &mut Decoder::new(),
        "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
        &[("custom-key", "custom-header")],
    );
    check(&mut Decoder::new(), "040c2f73616d706c652f70617468", &[(":path", "/sample/path")]);
    check(&mut Decoder::new(), "100870617373776f726406736563726574", &[("password", "secret")]);
    check(&mut Decoder::new(), "82", &[(":method", "GET")]);
}

#[test]
fn reads_the_requests_of_appendix_c_3() {
    let mut decoder = Decoder::new();
    check(&mut decoder, "828684410f7777772e6578616d706c652e636f6d", FIRST);
    check(&mut decoder, "828684be58086e6f2d6361636865", SECOND);
    check(&mut decoder, "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", THIRD);
}

#[test]
fn reads_the_coded_requests_of_appendix_c_4() {
    let mut decoder = Decoder::new();
    check(&mut decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff", FIRST);
    check(&mut decoder, "828684be5886a8eb10649cbf", SECOND);
    check(&mut decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", THIRD);
}

const COOKIE: &str = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const URL: &str = "https://www.example.com";
const DATE: &str = "Mon, 21 Oct 2013 20:13:21 GMT";

fn responses() -> [Vec<(&'static str, &'static str)>; 3] {
    let first = vec![(":status", "302"), ("cache-control", "private"), ("date", DATE), ("location", URL)];
    let second = vec![(":status", "307"), ("cache-control", "private"), ("date", DATE), ("location", URL)];
    let third = vec![
        (":status", "200"),
        ("cache-control", "private"),
        ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
        ("location", URL),
        ("content-encoding", "gzip"),
        ("set-cookie", COOKIE),
    ];
    [first, second, third]
}

/// A decoder whose encoder chose a table of 256 bytes, as in appendix C.5.
fn small() -> Decoder {
    let mut decoder = Decoder::new();
    check(&mut decoder, "3fe101", &[]);
    decoder
}

#[test]
fn reads_the_responses_of_appendix_c_5_with_eviction() {
    let mut decoder = small();
    let [first, second, third] = responses();
    check(
        &mut decoder,
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54
         6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        &first,
    );
    check(&mut decoder, "4803333037c1c0bf", &second);
    check(
        &mut decoder,
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48
         514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
        &third,
    );
}

#[test]
fn reads_the_coded_responses_of_appendix_c_6() {
    let mut decoder = small();
    let [first, second, third] = responses();
    check(
        &mut decoder,
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        &first,
    );
    check(&mut decoder, "4883640effc1c0bf", &second);
    check(
        &mut decoder,
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27
         087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        &third,
    );
}

#[test]
fn keeps_the_mark_of_a_secret() {
    let mut fields = Fields::default();
    Decoder::new().decode(&bytes("100870617373776f726406736563726574"), LIST, &mut fields).unwrap();
    assert!(fields.iter().all(|field| field.never_indexed));
    let (mut encoder, mut out) = (Encoder::default(), Vec::new());
    fields.iter().for_each(|field| encoder.field(field, &mut out));
    assert_eq!(out, bytes("100870617373776f726406736563726574"));
}

#[test]
fn refuses_what_is_broken() {
    check_error("80", HpackError::Index(0));
    check_error("be", HpackError::Index(62));
    check_error("400a6375", HpackError::BrokenOff);
    check_error("ff", HpackError::BrokenOff);
    check_error("ffffffffffff", HpackError::Integer);
    check_error("0081ff", HpackError::Huffman); // nothing but padding of eight bits
    check_error("008118", HpackError::Huffman); // padding that is not all ones
    check_error("0084fffffffc00", HpackError::Huffman); // the end of a text
    check_error("8220", HpackError::TableSize); // a change of size behind a field
    check_error("3fe21f", HpackError::TableSize); // 4097
}

#[test]
fn a_table_made_smaller_must_be_announced() {
    let mut decoder = Decoder::new();
    decoder.agree(100);
    assert_eq!(decoder.decode(&[0x82], LIST, &mut Fields::default()), Err(HpackError::TableSize));
    let mut decoder = Decoder::new();
    decoder.agree(0);
    decoder.agree(4096);
    check(&mut decoder, "203fe11f82", &[(":method", "GET")]);
}

#[test]
fn a_list_grows_to_the_limit_and_not_beyond() {
    // A small block that names one large entry again and again.
    let mut decoder = Decoder::new();
    let block = [b"\x40\x01a\x7e".as_slice(), &[b'x'; 126]].concat();
    let mut fields = Fields::default();
    decoder.decode(&block, LIST, &mut fields).unwrap();
    assert_eq!(decoder.decode(&[0xbe; 10_000], LIST, &mut fields), Err(HpackError::ListTooLarge(LIST)));
    assert!(fields.iter().count() <= LIST / 126);
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_in_its_order(
        list in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..40), proptest::collection::vec(any::<u8>(), 0..300), any::<bool>()),
            0..20,
        )
    ) {
        let mut sent = Fields::default();
        for (name, value, never_indexed) in &list {
            sent.push(Field { name, value, never_indexed: *never_indexed });
        }
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::new());
        for _ in 0..2 {
            let mut block = Vec::new();
            encoder.begin(&mut block);
            sent.iter().for_each(|field| encoder.field(field, &mut block));
            let mut received = Fields::default();
            decoder.decode(&block, LIST, &mut received).unwrap();
            prop_assert_eq!(&received, &sent);
        }
    }

    #[test]
    fn noise_is_an_error_or_a_bounded_list(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (mut decoder, mut fields) = (Decoder::new(), Fields::default());
        let _ = decoder.decode(&noise, 2000, &mut fields);
        prop_assert!(fields.iter().map(|f| f.name.len() + f.value.len()).sum::<usize>() <= 2000 + 2 * 8 * noise.len() / 5);
    }
}
