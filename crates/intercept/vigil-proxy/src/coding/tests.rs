use std::io::Write as _;

use proptest::prelude::*;

use super::*;

const FREE: CodingLimits = CodingLimits { decoded_bytes: u64::MAX, ratio: u64::MAX };

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::GzBuilder::new()
        .filename("a name")
        .comment("a comment")
        .extra(vec![1, 2, 3])
        .write(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn encode(coding: Coding, data: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Identity => data.to_vec(),
        Coding::Gzip => [gzip(&data[..data.len() / 2]), gzip(&data[data.len() / 2..])].concat(),
        Coding::Deflate => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Brotli => {
            let mut out = Vec::new();
            let mut encoder = ::brotli::CompressorWriter::new(&mut out, 4096, 4, 20);
            encoder.write_all(data).unwrap();
            drop(encoder);
            out
        }
        Coding::Zstd => ::zstd::encode_all(data, 3).unwrap(),
    }
}

fn decode(coding: Coding, bytes: &[u8], step: usize, limits: CodingLimits) -> Result<Vec<u8>, CodingError> {
    let mut decoder = Decoder::new(coding, limits);
    let mut out = Vec::new();
    for piece in bytes.chunks(step.max(1)) {
        decoder.push(piece, &mut |decoded| out.extend_from_slice(decoded))?;
    }
    decoder.finish()?;
    Ok(out)
}

fn coding() -> impl Strategy<Value = Coding> {
    prop_oneof![
        Just(Coding::Identity),
        Just(Coding::Gzip),
        Just(Coding::Deflate),
        Just(Coding::Brotli),
        Just(Coding::Zstd)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_coding_gives_back_what_went_in(
        coding in coding(), data in proptest::collection::vec(0u8..4, 1..4000), step in 1usize..5000,
    ) {
        let coded = encode(coding, &data);
        prop_assert_eq!(decode(coding, &coded, step, FREE), Ok(data));
    }

    #[test]
    fn a_coding_that_is_cut_short_is_not_complete(
        coding in coding(), data in proptest::collection::vec(0u8..4, 1..400), cut in 1usize..20,
    ) {
        prop_assume!(coding != Coding::Identity);
        let coded = encode(coding, &data);
        let kept = &coded[..coded.len().saturating_sub(cut).max(1)];
        // A cut exactly between two members of gzip leaves a whole first member.
        if let Ok(half) = decode(coding, kept, 7, FREE) {
            prop_assert!(coding == Coding::Gzip && half.len() == data.len() / 2);
        }
    }

    #[test]
    fn noise_is_an_error_and_not_a_panic(
        coding in coding(), noise in proptest::collection::vec(any::<u8>(), 1..300), step in 1usize..40,
    ) {
        let _ = decode(coding, &noise, step, CodingLimits { decoded_bytes: 1 << 20, ratio: 100 });
    }
}

#[test]
fn a_bare_deflate_stream_is_read_too() {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"text that a server sends without the zlib envelope").unwrap();
    let coded = encoder.finish().unwrap();
    let out = decode(Coding::Deflate, &coded, 3, FREE).unwrap();
    assert_eq!(out, b"text that a server sends without the zlib envelope");
}

#[test]
fn what_was_flushed_is_out_at_once() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"data: one\n\n").unwrap();
    encoder.flush().unwrap();
    let first = encoder.get_ref().clone();
    let mut decoder = Decoder::new(Coding::Gzip, FREE);
    let mut out = Vec::new();
    decoder.push(&first, &mut |piece| out.extend_from_slice(piece)).unwrap();
    assert_eq!(out, b"data: one\n\n");
    assert_eq!(decoder.finish(), Err(CodingError::Short("gzip")));
}

#[test]
fn a_bomb_is_refused_in_every_coding() {
    let zeros = vec![0u8; 16 << 20];
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
        let coded = encode(coding, &zeros);
        let dense = decode(coding, &coded, 4096, CodingLimits { decoded_bytes: u64::MAX, ratio: 200 });
        assert_eq!(dense, Err(CodingError::TooDense(200)), "{coding:?}");
        let large = decode(coding, &coded, 4096, CodingLimits { decoded_bytes: 1 << 20, ratio: u64::MAX });
        assert_eq!(large, Err(CodingError::TooLarge(1 << 20)), "{coding:?}");
    }
}

#[test]
fn a_wrong_checksum_is_found() {
    let mut coded = gzip(b"some text");
    let at = coded.len() - 6;
    coded[at] ^= 1;
    assert!(matches!(decode(Coding::Gzip, &coded, 5, FREE), Err(CodingError::Broken { coding: "gzip", .. })));
}

#[test]
fn an_unknown_coding_is_named() {
    assert_eq!(Coding::of_field(Some(b"dcb")), Err(CodingError::Unknown("dcb".to_owned())));
    assert_eq!(Coding::of_field(Some(b" GZip ")), Ok(Coding::Gzip));
    assert_eq!(Coding::of_field(None), Ok(Coding::Identity));
}
