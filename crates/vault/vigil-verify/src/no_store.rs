//! In place of `store`, where the feature of that name is off.

use std::path::Path;

use crate::error::VerifyError;
use crate::report::StoreAnchor;
use crate::source::Source;

/// Says that this build reads no store.
pub(crate) fn read(_: &Path) -> Result<(Source<'static>, StoreAnchor), VerifyError> {
    Err(VerifyError::NoStore)
}
