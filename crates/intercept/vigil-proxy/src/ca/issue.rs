//! Certificates: what stands in each of the three kinds.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _, SanType,
    SerialNumber, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::providers::Providers;

use super::{AuthorityError, DAY_SECONDS, issue_error};

const ROOT_DAYS: i64 = 3650;
const INTERMEDIATE_DAYS: i64 = 365;
pub(super) const LEAF_DAYS: i64 = 7;
/// Clocks differ: certificates are valid from a day before they were made.
const BACKDATED_DAYS: i64 = 1;
/// The longest common name of RFC 5280.
const LONGEST_COMMON_NAME: usize = 64;

/// Which names the intermediate may speak for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Constraints {
    dns: BTreeSet<String>,
    ip: BTreeSet<IpAddr>,
}

impl Constraints {
    pub(super) fn of(providers: &Providers) -> Self {
        let mut constraints = Self::default();
        for row in providers.rows().iter().filter(|row| !row.plain) {
            let name = row.host.constraint();
            match name.parse() {
                Ok(ip) => constraints.ip.insert(ip),
                Err(_) => constraints.dns.insert(name.to_owned()),
            };
        }
        constraints
    }

    /// Permits the provider hosts. Addresses are excluded as a whole when no provider is an address; otherwise the
    /// addresses permitted exclude all others of both families.
    fn extension(&self) -> NameConstraints {
        let dns = self.dns.iter().map(|name| GeneralSubtree::DnsName(name.clone()));
        let ip = self.ip.iter().map(|ip| {
            let bits = if ip.is_ipv4() { 32 } else { 128 };
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*ip, bits))
        });
        let all = [CidrSubnet::V4([0; 4], [0; 4]), CidrSubnet::V6([0; 16], [0; 16])];
        let excluded = if self.ip.is_empty() { all.to_vec() } else { Vec::new() };
        NameConstraints {
            permitted_subtrees: dns.chain(ip).collect(),
            excluded_subtrees: excluded.into_iter().map(GeneralSubtree::IpAddress).collect(),
        }
    }
}

/// A root: signs certificates, one intermediate deep.
pub(super) fn root(key: &KeyPair, now: i64) -> Result<CertificateDer<'static>, AuthorityError> {
    let mut params = params(&format!("Vigil local CA {}", random_hex(4)?), now, ROOT_DAYS)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params.self_signed(key).map_err(issue_error)?.der().clone())
}

/// An intermediate: signs leaves for the hosts of `constraints`.
pub(super) fn intermediate(
    root: &CertificateDer<'_>,
    root_key: KeyPair,
    key: &KeyPair,
    constraints: &Constraints,
    now: i64,
) -> Result<CertificateDer<'static>, AuthorityError> {
    let issuer = Issuer::from_ca_cert_der(root, root_key).map_err(issue_error)?;
    let mut params = params(&format!("Vigil providers {}", random_hex(4)?), now, INTERMEDIATE_DAYS)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.name_constraints = Some(constraints.extension());
    params.use_authority_key_identifier_extension = true;
    Ok(params.signed_by(key, &issuer).map_err(issue_error)?.der().clone())
}

/// A leaf for one host.
pub(super) fn leaf(
    host: &str,
    key: &KeyPair,
    issuer: &Issuer<'_, KeyPair>,
    now: i64,
) -> Result<CertificateDer<'static>, AuthorityError> {
    let common_name = if host.len() <= LONGEST_COMMON_NAME { host } else { "Vigil" };
    let mut params = params(common_name, now, LEAF_DAYS)?;
    let name = match host.parse::<IpAddr>() {
        Ok(ip) => SanType::IpAddress(ip),
        Err(_) => {
            let name = host.try_into().map_err(|_| AuthorityError::Name(host.to_owned()))?;
            SanType::DnsName(name)
        }
    };
    params.subject_alt_names = vec![name];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params.signed_by(key, issuer).map_err(issue_error)?.der().clone())
}

/// How many days a certificate is still valid.
pub(super) fn days_left(certificate: &CertificateDer<'_>, now: i64) -> i64 {
    parsed(certificate)
        .map_or(0, |certificate| (certificate.validity().not_after.timestamp() - now).div_euclid(DAY_SECONDS))
}

pub(super) fn holds_key(certificate: &CertificateDer<'_>, key: &KeyPair) -> bool {
    parsed(certificate)
        .is_some_and(|certificate| certificate.public_key().raw == key.subject_public_key_info().as_slice())
}

/// Whether `certificate` names `issuer` as its issuer, by name and by key.
pub(super) fn is_issued_by(certificate: &CertificateDer<'_>, issuer: &CertificateDer<'_>) -> bool {
    let (Some(certificate), Some(issuer)) = (parsed(certificate), parsed(issuer)) else { return false };
    let named = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0),
        _ => None,
    });
    let own = issuer.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
        _ => None,
    });
    certificate.issuer().as_raw() == issuer.subject().as_raw() && named.is_some() && named == own
}

/// The names a certificate permits; `None` when it says nothing that can be compared.
pub(super) fn constraints_of(certificate: &CertificateDer<'_>) -> Option<Constraints> {
    let certificate = parsed(certificate)?;
    let extension = certificate.name_constraints().ok()??;
    let mut found = Constraints::default();
    for subtree in extension.value.permitted_subtrees.as_ref()? {
        match &subtree.base {
            GeneralName::DNSName(name) => {
                found.dns.insert((*name).to_owned());
            }
            GeneralName::IPAddress(bytes) => {
                let (address, _) = bytes.split_at_checked(bytes.len() / 2)?;
                let ip = match <[u8; 4]>::try_from(address) {
                    Ok(four) => IpAddr::from(four),
                    Err(_) => IpAddr::from(<[u8; 16]>::try_from(address).ok()?),
                };
                found.ip.insert(ip);
            }
            _ => return None,
        }
    }
    Some(found)
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(certificate).ok().map(|(_, certificate)| certificate)
}

fn params(common_name: &str, now: i64, days: i64) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Vigil");
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch(now - BACKDATED_DAYS * DAY_SECONDS);
    params.not_after = epoch + since_epoch(now + days * DAY_SECONDS);
    let mut serial = [0u8; 16];
    getrandom::fill(&mut serial).map_err(|error| AuthorityError::Issue(error.to_string()))?;
    // Positive and never empty: the first bit is off, the second on.
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

fn since_epoch(unix_seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(unix_seconds).unwrap_or_default())
}

fn random_hex(bytes: usize) -> Result<String, AuthorityError> {
    let mut random = vec![0u8; bytes];
    getrandom::fill(&mut random).map_err(|error| AuthorityError::Issue(error.to_string()))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
