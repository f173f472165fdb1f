//! Secrets as files of mode 0600 in a directory of mode 0700.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use vigil_core::{Secret, SecretError, SecretStore};
use zeroize::Zeroize as _;

/// A directory with one file for each secret.
pub(crate) struct Files {
    directory: PathBuf,
}

impl Files {
    /// Opens the directory, and makes it when it is not there. Refuses one that others can look into.
    pub(crate) fn open(directory: &Path) -> Result<Self, SecretError> {
        crate::paths::private_directory(directory)
            .map_err(|error| SecretError::Exposed(format!("{error:#}")))?;
        Ok(Self { directory: directory.to_owned() })
    }

    fn unavailable(&self, name: &str, error: &std::io::Error) -> SecretError {
        SecretError::Unavailable(format!("key file `{}`: {error}", self.directory.join(name).display()))
    }
}

impl SecretStore for Files {
    fn load(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let path = self.directory.join(name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unavailable(name, &error)),
        };
        crate::paths::refuse_exposed(
            &path,
            &file.metadata().map_err(|error| self.unavailable(name, &error))?,
        )
        .map_err(|error| SecretError::Exposed(format!("{error:#}")))?;
        let mut bytes = Vec::with_capacity(4096);
        match file.read_to_end(&mut bytes) {
            Ok(_) => Ok(Some(Secret::new(bytes))),
            Err(error) => {
                bytes.zeroize();
                Err(self.unavailable(name, &error))
            }
        }
    }

    /// Writes a new file beside the old one and renames it over, so that a crash leaves one of the two.
    fn save(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        let path = self.directory.join(name);
        let fresh = self.directory.join(format!("{name}.new"));
        let written = (|| {
            let mut file = crate::paths::private_file(&fresh)?;
            file.write_all(value.expose())?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            File::open(&self.directory)?.sync_all()
        })();
        written.map_err(|error| self.unavailable(name, &error))
    }

    fn remove(&self, name: &str) -> Result<(), SecretError> {
        match fs::remove_file(self.directory.join(name)) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.unavailable(name, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn gives_back_what_was_kept() {
        let home = tempfile::tempdir().unwrap();
        let files = Files::open(&home.path().join("keys")).unwrap();
        assert!(files.load("record-key").unwrap().is_none());
        files.save("record-key", &Secret::new(vec![1, 2, 3])).unwrap();
        files.save("record-key", &Secret::new(vec![4])).unwrap();
        assert_eq!(files.load("record-key").unwrap().unwrap().expose(), [4]);
        files.remove("record-key").unwrap();
        assert!(files.load("record-key").unwrap().is_none());
    }

    #[test]
    fn refuses_a_key_that_others_can_read() {
        let home = tempfile::tempdir().unwrap();
        let files = Files::open(&home.path().join("keys")).unwrap();
        files.save("record-key", &Secret::new(vec![1])).unwrap();
        let path = home.path().join("keys/record-key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let Err(SecretError::Exposed(told)) = files.load("record-key") else { panic!("not refused") };
        assert!(told.contains("chmod 600"), "{told}");
    }

    #[test]
    fn refuses_a_directory_that_others_can_enter() {
        let home = tempfile::tempdir().unwrap();
        let keys = home.path().join("keys");
        fs::create_dir(&keys).unwrap();
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(Files::open(&keys), Err(SecretError::Exposed(_))));
    }
}
