//! Reads as much of an OCSP response (RFC 6960) as tells whether it calls one certificate revoked.
//!
//! ```text
//! OCSPResponse ::= { responseStatus, [0] { { OID id-pkix-ocsp-basic, OCTET STRING BasicOCSPResponse } } }
//! BasicOCSPResponse ::= { tbsResponseData, … }
//! ResponseData ::= { [0] version?, responderID [1]|[2], producedAt, { SingleResponse … }, … }
//! SingleResponse ::= { CertID { algorithm, nameHash, keyHash, serialNumber }, [0] good | [1] revoked | [2] unknown, … }
//! ```

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, X509Certificate};

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;
const REVOKED: u8 = 0xa1;
/// 1.3.6.1.5.5.7.48.1.1
const BASIC: [u8; 9] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];

/// Whether `response` says that `certificate` was revoked. Anything that cannot be read does not say so.
pub(super) fn says_revoked(response: &[u8], certificate: &CertificateDer<'_>) -> bool {
    if response.is_empty() {
        return false;
    }
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    revoked_serials(response).is_some_and(|serials| serials.contains(&certificate.raw_serial()))
}

/// The serial numbers that a response calls revoked.
fn revoked_serials(response: &[u8]) -> Option<Vec<&[u8]>> {
    let mut outer = Der(response).enter(SEQUENCE)?;
    outer.next()?;
    let mut bytes = outer.enter(CONTEXT_0)?.enter(SEQUENCE)?;
    if bytes.expect(OID)? != BASIC {
        return None;
    }
    let mut basic = Der(bytes.expect(OCTET_STRING)?).enter(SEQUENCE)?;
    let mut data = basic.enter(SEQUENCE)?;
    if data.0.first() == Some(&CONTEXT_0) {
        data.next()?;
    }
    data.next()?;
    data.expect(GENERALIZED_TIME)?;
    let mut singles = data.enter(SEQUENCE)?;
    let mut revoked = Vec::new();
    while !singles.0.is_empty() {
        let mut single = singles.enter(SEQUENCE)?;
        let mut id = single.enter(SEQUENCE)?;
        id.next()?;
        id.next()?;
        id.next()?;
        let serial = id.expect(INTEGER)?;
        if single.next()?.0 == REVOKED {
            revoked.push(serial);
        }
    }
    Some(revoked)
}

/// What is left of a sequence of DER values.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Tag and content of the next value.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.is_empty() || digits.len() > 4 {
                return None;
            }
            length = digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit));
            rest = after;
        }
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some((tag, content))
    }

    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    fn enter(&mut self, tag: u8) -> Option<Self> {
        self.expect(tag).map(Self)
    }
}

/// For fuzzing: reading never panics, and what it finds lies in the response.
pub(crate) fn fuzz(data: &[u8]) {
    for serial in revoked_serials(data).unwrap_or_default() {
        assert!(memchr::memmem::find(data, serial).is_some());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![tag];
        if content.len() < 128 {
            out.push(content.len() as u8);
        } else {
            out.extend([0x82, (content.len() >> 8) as u8, content.len() as u8]);
        }
        out.extend_from_slice(content);
        out
    }

    /// A response about one certificate, without a signature that anyone could check.
    pub(crate) fn response(serial: &[u8], revoked: bool) -> Vec<u8> {
        let hash = value(OCTET_STRING, &[7; 20]);
        let sha1 = value(SEQUENCE, &value(OID, &[0x2b, 0x0e, 0x03, 0x02, 0x1a]));
        let id = value(SEQUENCE, &[sha1.clone(), hash.clone(), hash, value(INTEGER, serial)].concat());
        let time = value(GENERALIZED_TIME, b"20260101000000Z");
        let status = if revoked { value(REVOKED, &time) } else { value(0x80, &[]) };
        let single = value(SEQUENCE, &[id, status, time.clone()].concat());
        let responder = value(0xa2, &value(OCTET_STRING, &[9; 20]));
        let data = value(SEQUENCE, &[responder, time, value(SEQUENCE, &single)].concat());
        let basic = value(SEQUENCE, &[data, sha1, value(0x03, &[0, 1, 2])].concat());
        let bytes = value(SEQUENCE, &[value(OID, &BASIC), value(OCTET_STRING, &basic)].concat());
        value(SEQUENCE, &[value(0x0a, &[0]), value(CONTEXT_0, &bytes)].concat())
    }

    #[test]
    fn finds_the_revoked_serial_and_no_other() {
        assert_eq!(revoked_serials(&response(&[1, 2, 3], true)), Some(vec![[1, 2, 3].as_slice()]));
        assert_eq!(revoked_serials(&response(&[1, 2, 3], false)), Some(vec![]));
        assert_eq!(revoked_serials(b"\x30\x03\x0a\x01\x06"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(noise in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..150) {
            fuzz(&noise);
            let mut broken = response(&[5; 16], true);
            let at = at % broken.len();
            broken[at] ^= noise.first().copied().unwrap_or(1);
            fuzz(&broken);
        }
    }
}
