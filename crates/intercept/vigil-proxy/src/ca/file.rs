//! The public files of the CA. Keys never lie here.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::AuthorityError;

/// Makes the folder when it is missing; refuses one that others can look into.
pub(super) fn prepare_folder(folder: &Path) -> Result<(), AuthorityError> {
    if !folder.exists() {
        make_folder(folder).map_err(|error| failed("make", folder, &error))?;
    }
    refuse_mode(folder, 0o077, "700")
}

/// The one certificate of a PEM file; `None` when there is no file.
pub(super) fn read_certificate(file: &Path) -> Result<Option<CertificateDer<'static>>, AuthorityError> {
    let text = match fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", file, &error)),
    };
    refuse_mode(file, 0o022, "644")?;
    let certificate = CertificateDer::from_pem_slice(&text).map_err(|error| {
        AuthorityError::File(format!("`{}` is not a certificate in PEM form: {error}", file.display()))
    })?;
    Ok(Some(certificate))
}

/// Writes the certificate so that the file is either the old one or the new one.
pub(super) fn write_certificate(file: &Path, certificate: &CertificateDer<'_>) -> Result<(), AuthorityError> {
    let new = file.with_extension("pem.new");
    let write = || -> std::io::Result<()> {
        let mut handle = fs::File::create(&new)?;
        set_mode(&handle, 0o644)?;
        handle.write_all(pem(certificate).as_bytes())?;
        handle.sync_all()?;
        fs::rename(&new, file)
    };
    write().map_err(|error| failed("write", file, &error))
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    const LINE: usize = 64;
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let encoded = STANDARD.encode(certificate);
    for line in encoded.as_bytes().chunks(LINE) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> AuthorityError {
    AuthorityError::File(format!("cannot {what} `{}`: {error}", path.display()))
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(unix)]
fn set_mode(file: &fs::File, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// Refuses a path whose mode has one of the bits of `wrong`.
#[cfg(unix)]
fn refuse_mode(path: &Path, wrong: u32, right: &str) -> Result<(), AuthorityError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(|error| failed("look at", path, &error))?.permissions().mode();
    if mode & wrong == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(AuthorityError::File(format!(
        "others have access to `{path}` (mode {:o}); run `chmod {right} {path}`",
        mode & 0o777
    )))
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn set_mode(_: &fs::File, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn refuse_mode(_: &Path, _: u32, _: &str) -> Result<(), AuthorityError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_certificate_survives_its_pem_form(der in proptest::collection::vec(any::<u8>(), 1..300)) {
            let certificate = CertificateDer::from(der);
            let read = CertificateDer::from_pem_slice(pem(&certificate).as_bytes()).unwrap();
            prop_assert_eq!(read, certificate);
        }
    }
}
