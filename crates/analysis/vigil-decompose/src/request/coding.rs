//! Content codings of requests, undone within a bound.

use std::io::Read;

/// The decoded bytes; `None` when the coding is unknown, the bytes are not of it, or they decode to more than `limit`.
pub(super) fn decode(bytes: &[u8], coding: &str, limit: usize) -> Option<Vec<u8>> {
    let mut current = bytes.to_vec();
    // Several codings are listed in the order in which they were applied.
    for name in coding.split(',').rev().map(|name| name.trim().to_ascii_lowercase()) {
        current = match name.as_str() {
            "" | "identity" => current,
            "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(current.as_slice()), limit)?,
            "deflate" => match read(flate2::read::ZlibDecoder::new(current.as_slice()), limit) {
                Some(bytes) => bytes,
                None => read(flate2::read::DeflateDecoder::new(current.as_slice()), limit)?,
            },
            "br" => read(brotli::Decompressor::new(current.as_slice(), 4096), limit)?,
            "zstd" => read(zstd::Decoder::new(current.as_slice()).ok()?, limit)?,
            _ => return None,
        };
    }
    Some(current)
}

fn read(reader: impl Read, limit: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(limit).ok()?.saturating_add(1);
    reader.take(bound).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= limit).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn undoes_gzip_and_zstd_within_the_limit() {
        let text = b"hello hello hello hello".repeat(100);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(decode(&gzip, "gzip", 10_000).as_deref(), Some(text.as_slice()));
        assert_eq!(decode(&gzip, "gzip", 100), None);
        assert_eq!(decode(&gzip, "br", 10_000), None);
        assert_eq!(decode(&gzip, "lzma", 10_000), None);
        let zstd = zstd::encode_all(text.as_slice(), 1).unwrap();
        assert_eq!(decode(&zstd, "zstd", 10_000).as_deref(), Some(text.as_slice()));
    }
}
