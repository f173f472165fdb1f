//! What the fields of a header block say as HTTP (RFC 9113 §8.3).

use super::fault::Fault;
use super::hpack::Fields;

/// The control data of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestHead<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
}

/// Reads the head of a request that may be forwarded to `host` and `port`.
///
/// A block in which two readers could find two requests is refused, and so is all that would open a way beside the gate:
/// CONNECT, WebSockets over HTTP/2 (RFC 8441), another host than the one this connection leads to.
pub(super) fn request<'a>(fields: &'a Fields, host: &str, port: u16) -> Result<RequestHead<'a>, Fault> {
    let (mut method, mut path, mut scheme, mut authority, mut protocol) = (None, None, None, None, None);
    let mut hosts = 0;
    let mut regular = false;
    for field in fields.iter() {
        if let [b':', ..] = field.name {
            if regular {
                return Err(Fault::Protocol("a pseudo field stands behind other fields"));
            }
            let place = match field.name {
                b":method" => &mut method,
                b":path" => &mut path,
                b":scheme" => &mut scheme,
                b":authority" => &mut authority,
                b":protocol" => &mut protocol,
                _ => return Err(Fault::Protocol("a request has an unknown pseudo field")),
            };
            if place.replace(field.value).is_some() {
                return Err(Fault::Protocol("a request has a pseudo field twice"));
            }
            continue;
        }
        regular = true;
        check_field(field.name, field.value)?;
        if field.name == b"host" {
            hosts += 1;
            check_host(field.value, host, port)?;
        }
    }
    let method = method.ok_or(Fault::Protocol("a request has no method"))?;
    if method == b"CONNECT" || protocol.is_some() {
        return Err(Fault::Refused("CONNECT inside an intercepted connection would leave the gate"));
    }
    let path = path.filter(|path| path.starts_with(b"/") || *path == b"*");
    let path = path.ok_or(Fault::Protocol("a request has no path"))?;
    if scheme.is_none() {
        return Err(Fault::Protocol("a request has no scheme"));
    }
    match authority {
        Some(authority) => check_host(authority, host, port)?,
        None if hosts == 1 => {}
        None => return Err(Fault::Protocol("a request names no host, or two")),
    }
    let printable = |text: &'a [u8]| {
        let text = core::str::from_utf8(text)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte > b' ' && byte != 0x7f));
        text.ok_or(Fault::Protocol("method or path of a request are not plain text"))
    };
    Ok(RequestHead { method: printable(method)?, path: printable(path)? })
}

/// Checks the trailers of a request.
pub(super) fn trailers(fields: &Fields) -> Result<(), Fault> {
    fields.iter().try_for_each(|field| match field.name {
        [b':', ..] => Err(Fault::Protocol("trailers hold a pseudo field")),
        name => check_field(name, field.value),
    })
}

/// The status of a reply, or `None` when its head is not that of a reply.
pub(super) fn status(fields: &Fields) -> Option<u16> {
    let mut pseudo = fields.iter().take_while(|field| field.name.first() == Some(&b':'));
    let status = pseudo.next().filter(|field| field.name == b":status")?.value;
    let stray = fields.iter().skip(1).any(|field| field.name.first() == Some(&b':'));
    let [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] = status else { return None };
    let number = core::str::from_utf8(status).ok()?.parse().ok()?;
    (!stray).then_some(number)
}

/// Fields that another version of HTTP behind the upstream could read as its own framing.
fn check_field(name: &[u8], value: &[u8]) -> Result<(), Fault> {
    let token = |byte: &u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && *byte != b':';
    if name.is_empty() || !name.iter().all(token) {
        return Err(Fault::Protocol("a field has a name that HTTP/2 does not allow"));
    }
    if value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
        return Err(Fault::Protocol("a field has a line break in its value"));
    }
    match name {
        b"connection" | b"proxy-connection" | b"keep-alive" | b"transfer-encoding" | b"upgrade" => {
            Err(Fault::Protocol("a request has a field that belongs to HTTP/1.1 connections"))
        }
        _ => Ok(()),
    }
}

fn check_host(authority: &[u8], host: &str, port: u16) -> Result<(), Fault> {
    let same = core::str::from_utf8(authority).is_ok_and(|text| {
        let (name, its_port) = match text.rsplit_once(':') {
            Some((name, digits)) if !digits.contains(']') => (name, Some(digits)),
            _ => (text, None),
        };
        let bare = |name: &str| name.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let port_fits = its_port.is_none_or(|digits| digits.parse() == Ok(port));
        bare(name) == bare(host) && port_fits
    });
    if same {
        Ok(())
    } else {
        Err(Fault::Refused("a request names another host than its connection leads to"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::hpack::Field;
    use super::*;

    const GOOD: [(&str, &str); 4] = [
        (":method", "POST"),
        (":scheme", "https"),
        (":path", "/v1/messages?x=1"),
        (":authority", "api.test"),
    ];

    fn fields(list: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in list {
            fields.push(Field { name: name.as_bytes(), value: value.as_bytes(), never_indexed: false });
        }
        fields
    }

    #[track_caller]
    fn check_refused(extra: &[(&str, &str)], without: &str, expect: fn(&Fault) -> bool) {
        let list: Vec<_> = GOOD.iter().filter(|(name, _)| *name != without).chain(extra).copied().collect();
        let fault = request(&fields(&list), "api.test", 443).unwrap_err();
        assert!(expect(&fault), "{fault}");
    }

    #[test]
    fn a_request_is_read_in_any_order_of_its_pseudo_fields() {
        let mut list = GOOD;
        list.reverse();
        let head = RequestHead { method: "POST", path: "/v1/messages?x=1" };
        assert_eq!(request(&fields(&list), "api.test", 443), Ok(head));
    }

    #[test]
    fn a_host_may_be_spelled_with_its_port_and_in_capitals() {
        for name in ["API.test:443", "api.test.", "api.test"] {
            let mut list = GOOD;
            list[3].1 = name;
            assert!(request(&fields(&list), "api.test", 443).is_ok(), "{name}");
        }
        let list = [GOOD[0], GOOD[1], GOOD[2], ("host", "api.test")];
        assert!(request(&fields(&list), "api.test", 443).is_ok());
    }

    #[test]
    fn ways_beside_the_gate_are_refused() {
        let refused = |fault: &Fault| matches!(fault, Fault::Refused(_));
        check_refused(&[(":method", "CONNECT")], ":method", refused);
        check_refused(&[(":protocol", "websocket")], "", refused);
        check_refused(&[(":authority", "other.test")], ":authority", refused);
        check_refused(&[(":authority", "api.test:444")], ":authority", refused);
        check_refused(&[("host", "other.test")], "", refused);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_malformed() {
        let malformed = |fault: &Fault| matches!(fault, Fault::Protocol(_));
        check_refused(&[(":path", "/v1/models")], "", malformed);
        check_refused(&[("a", "b"), (":path", "/")], ":path", malformed);
        check_refused(&[], ":path", malformed);
        check_refused(&[], ":authority", malformed);
        check_refused(&[("host", "api.test"), ("host", "api.test")], ":authority", malformed);
        for field in
            [("transfer-encoding", "chunked"), ("Upper", "x"), ("a b", "x"), ("a", "x\r\nhost: y"), ("", "x")]
        {
            check_refused(&[field], "", malformed);
        }
        check_refused(&[(":path", "/a b")], ":path", malformed);
    }

    #[test]
    fn a_status_is_three_digits_and_alone() {
        assert_eq!(status(&fields(&[(":status", "200"), ("a", "b")])), Some(200));
        for list in [
            &[(":status", "2000")][..],
            &[("a", "b"), (":status", "200")],
            &[(":status", "200"), (":status", "200")],
            &[],
        ] {
            assert_eq!(status(&fields(list)), None, "{list:?}");
        }
    }
}
