//! A key store in memory, for tests.

use std::collections::HashMap;
use std::sync::Mutex;

use vigil_core::{Secret, SecretError, SecretStore};

#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<String, Vec<u8>>>);

impl Memory {
    /// Cuts the value in half.
    pub(crate) fn damage(&self, name: &str) {
        let mut kept = self.0.lock().unwrap();
        let value = kept.get_mut(name).expect("kept");
        value.truncate(value.len() / 2);
    }
}

impl SecretStore for Memory {
    fn load(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.0.lock().unwrap().get(name).cloned().map(Secret::new))
    }
    fn save(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        self.0.lock().unwrap().insert(name.to_owned(), value.expose().to_vec());
        Ok(())
    }
    fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}
