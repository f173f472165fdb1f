//! # auth_002
