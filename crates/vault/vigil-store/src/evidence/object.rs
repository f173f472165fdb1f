//! A JSON object being written, and the members that both kinds of evidence share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use vigil_core::Classification;
use vigil_core::wire::Digest;

use crate::hex;
use crate::record::{decimal, json_text, sha256};

/// An object being written. Names are ours and need no escaping.
pub(super) struct Object {
    out: Vec<u8>,
}

impl Object {
    pub(super) fn new() -> Self {
        let mut out = Vec::with_capacity(256);
        out.push(b'{');
        Self { out }
    }

    /// Begins an evidence object.
    pub(super) fn evidence(kind: &str, salt: &[u8; 16]) -> Self {
        let mut object = Self { out: Vec::with_capacity(1536) };
        object.out.push(b'{');
        object.raw("v", b"1");
        object.text("kind", kind);
        object.text("salt", &BASE64.encode(salt));
        object
    }

    pub(super) fn raw(&mut self, name: &str, value: &[u8]) {
        self.name(name).extend_from_slice(value);
    }

    /// Where the value of the next member goes.
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if self.out.len() > 1 {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        &mut self.out
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        json_text(value, self.name(name));
    }

    pub(super) fn nullable(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.raw(name, b"null"),
        }
    }

    pub(super) fn number(&mut self, name: &str, value: impl Into<i128>) {
        let value: i128 = value.into();
        match i64::try_from(value) {
            Ok(value) => decimal(value, |digits| self.raw(name, digits)),
            Err(_) => self.raw(name, value.to_string().as_bytes()),
        }
    }

    pub(super) fn count(&mut self, name: &str, value: Option<u64>) {
        match value {
            Some(value) => self.number(name, value),
            None => self.raw(name, b"null"),
        }
    }

    pub(super) fn bool(&mut self, name: &str, value: bool) {
        self.raw(name, if value { b"true" } else { b"false" });
    }

    pub(super) fn list<T>(&mut self, name: &str, values: &[T], mut each: impl FnMut(&T, &mut Vec<u8>)) {
        let list = self.name(name);
        list.push(b'[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                list.push(b',');
            }
            each(value, list);
        }
        list.push(b']');
    }

    pub(super) fn texts<T: AsRef<str>>(&mut self, name: &str, values: &[T]) {
        self.list(name, values, |value, out| json_text(value.as_ref(), out));
    }

    pub(super) fn digest(&mut self, name: &str, digest: Option<&Digest>) {
        match digest {
            Some(digest) => {
                let mut object = Self::new();
                object.text("sha256", &hex::encode(&digest.sha256));
                object.number("length", digest.length);
                self.raw(name, &object.finish());
            }
            None => self.raw(name, b"null"),
        }
    }

    /// `models`, `detection`, `features`, `tier` and the digests of policy and capability set.
    pub(super) fn judgement(
        &mut self,
        classification: &Classification,
        policy: &[u8; 32],
        capability: Option<&[u8; 32]>,
    ) {
        let mut models = Self::new();
        for (token, name) in MODELS {
            match classification.scores.iter().find(|(known, _)| *known == name) {
                Some((_, score)) => models.number(token, *score),
                None => models.raw(token, b"null"),
            }
        }
        self.raw("models", &models.finish());
        if !classification.models.is_empty() {
            let mut p = Self::new();
            for (name, value) in &classification.p {
                let token = MODELS.iter().find(|(_, known)| known == name).map_or(*name, |(token, _)| token);
                p.number(token, *value);
            }
            let mut detection = Self::new();
            detection.text("models", &classification.models);
            detection.raw("p", &p.finish());
            detection.number("agreement", classification.agreement);
            self.raw("detection", &detection.finish());
        }
        let mut features = Self::new();
        features.number("version", classification.feature_version);
        features.list("values", &classification.features, |value, out| {
            out.extend_from_slice(value.to_string().as_bytes());
        });
        self.raw("features", &features.finish());
        let mut tier = Self::new();
        tier.text("token", classification.tier.token());
        tier.list("reasons", &classification.reasons, |reason, out| json_text(&reason.0, out));
        self.raw("tier", &tier.finish());
        self.text("policy_digest", &hex::encode(policy));
        self.nullable("capability_digest", capability.map(|digest| hex::encode(digest)).as_deref());
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}

/// The models by the names of the evidence object and by those of a classification.
const MODELS: [(&str, &str); 4] =
    [("isolation_forest", "forest"), ("lstm", "lstm"), ("bayesian", "bayes"), ("cusum", "cusum")];

/// What stands for a value that is too large to keep.
pub(super) fn omitted(value: &[u8]) -> Vec<u8> {
    let mut object = Object::new();
    object.bool("omitted", true);
    object.text("sha256", &hex::encode(&sha256(value)));
    object.number("length", value.len() as u64);
    object.finish()
}
