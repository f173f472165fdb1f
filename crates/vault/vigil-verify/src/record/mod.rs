//! One record: what its kind demands (spec 3, 4), how it is read (12.5, rules 1–3), what is remembered of it.

pub(crate) mod decode;
pub(crate) mod intake;
pub(crate) mod line;
pub(crate) mod preimage;
pub(crate) mod table;
